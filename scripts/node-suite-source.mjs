// Prints a directory with Node's own tests: NODE_TEST_SOURCE, if that is set, and else the tests of
// Debian's source package of nodejs, which is Node 20. They are fetched once, into node_modules/.cache,
// and apt's own lists and sources are left alone.
//
// usage: node scripts/node-suite-source.mjs
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { root, run, scratchDirectory } from './support.mjs';

/** The release of Debian whose nodejs is Node 20. */
const RELEASE = 'trixie';
const PARTS = [
  'test/common',
  'test/fixtures',
  'test/parallel',
  'test/sequential',
  'src/node_version.h',
];
const fetched = path.join(root, 'node_modules', '.cache', 'rondo-node-suite');

const given = process.env.NODE_TEST_SOURCE;
if (given === undefined && !existsSync(fetched)) await fetchTests();
const source = path.resolve(given ?? fetched);
const expected = path.join(source, 'test', 'parallel');
if (!existsSync(expected)) fail(`There are no tests of Node: ${expected} does not exist.`);
console.log(source);

function fail(reason) {
  console.error(reason);
  console.error('NODE_TEST_SOURCE=directory takes them from a source tree of Node.js.');
  process.exit(1);
}

async function fetchTests() {
  const scratch = scratchDirectory('node-suite');
  for (const directory of ['sources', 'lists/partial', 'archives/partial']) {
    mkdirSync(path.join(scratch, directory), { recursive: true });
  }
  writeFileSync(path.join(scratch, 'sources', 'nodejs.sources'), sourcePackages());
  const options = [
    'Dir::Etc::sourcelist=/dev/null',
    `Dir::Etc::sourceparts=${path.join(scratch, 'sources')}`,
    `Dir::State::Lists=${path.join(scratch, 'lists')}`,
    `Dir::Cache=${scratch}`,
    // The user apt downloads as may not write here.
    'APT::Sandbox::User=root',
    'Acquire::Retries=2',
    'Acquire::http::Timeout=20',
  ].flatMap((option) => ['-o', option]);
  await tried(scratch, 'apt-get', [...options, '--error-on=any', 'update']);
  await tried(scratch, 'apt-get', [
    ...options,
    'source',
    '--download-only',
    '--tar-only',
    'nodejs',
  ]);
  const archive = readdirSync(scratch).find((name) => /^nodejs_[^-]*\.orig\.tar\.\w+$/.test(name));
  if (archive === undefined) fail(`Debian ${RELEASE} has no source package of nodejs.`);
  // Renamed when it is whole, for this may be interrupted.
  const part = `${fetched}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  const members = [
    '--wildcards',
    '--no-wildcards-match-slash',
    ...PARTS.map((name) => `*/${name}`),
  ];
  await tried(scratch, 'tar', ['-xf', archive, '-C', part, '--strip-components=1', ...members]);
  renameSync(part, fetched);
}

async function tried(cwd, command, args) {
  const { code, output } = await run(command, args, { cwd, capture: true, timeoutMs: 90_000 });
  if (code === 0) return;
  console.error(output);
  fail(`Node's tests cannot be had from Debian: ${command} failed with ${code}.`);
}

/** Where this machine has its packages from, if that is a Debian, for the sources of RELEASE. */
function sourcePackages() {
  const file = '/etc/apt/sources.list.d/debian.sources';
  const stanzas = existsSync(file) ? readFileSync(file, 'utf8').split(/\n{2,}/) : [];
  const own = stanzas.find((text) => /^Suites:/m.test(text) && !text.includes('-security'));
  const stanza = own ?? 'Types:\nURIs: http://deb.debian.org/debian\nSuites:\nComponents: main';
  return `${stanza.trim()}\n`
    .replace(/^Types:.*$/m, 'Types: deb-src')
    .replace(/^Suites:.*$/m, `Suites: ${RELEASE}`);
}
