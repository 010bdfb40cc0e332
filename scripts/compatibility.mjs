// Renders docs/compatibility.md from what the last `npm run test:ecosystem` and the `npm run test:node-suite` after it
// have found. The last result of each program and case counts.
//
// usage: node scripts/compatibility.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const file = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const read = (name) => readFileSync(file(name), 'utf8');

const { SPECS } = await importTypeScript('test/ecosystem/lib/specs.ts');
const { SUITES } = await importTypeScript('test/ecosystem/lib/suites.ts');
const bench = JSON.parse(read('bench/package.json'));
const versions = {
  ...JSON.parse(read('package.json')).devDependencies,
  ...bench.dependencies,
  ...bench.devDependencies,
  ...bench.optionalDependencies,
  ...JSON.parse(read('test/ecosystem/package.json')).dependencies,
};

const found = new Map();
for (const line of read('node_modules/.cache/rondo-ecosystem.jsonl').trim().split('\n')) {
  const { name, what, plain, isAlike } = JSON.parse(line);
  if (!found.has(name)) found.set(name, new Map());
  found.get(name).set(what, { plain, isAlike });
}

const pinned = (packages) =>
  packages.map((one) => `${one} ${versions[one].replace(/^npm:(.*)@/, '')}`).join(', ');
const cell = (text) => text.replaceAll('|', '\\|');
const row = (...cells) => `| ${cells.map(cell).join(' | ')} |`;

const programs = SPECS.map(({ name, packages, flags = [] }) => {
  const cases = [...(found.get(name) ?? [])].map(
    ([what, { plain, isAlike }]) =>
      `${what}: ${isAlike ? `as plain Node (${plain})` : '**differs**'}`,
  );
  const way = flags.length === 0 ? '' : ` (\`${flags.join(' ')}\`)`;
  return row(`${name}${way}`, pinned(packages) || 'none', cases.join('; ') || 'not run');
});

const nodes = `Node ${process.version}`;
const suites = [
  ...SUITES.map(({ name, packages, tests }) => row(pinned(packages), tests, resultOf(name))),
  row(nodes, 'its own tests of `node:cluster`, each process of them', resultOf(nodes)),
];

const cases = SUITES.map(
  ({ name }) => `- ${name}: ${[...(found.get(name)?.keys() ?? [])].join('; ')}.`,
);

/** How many cases are alike, and which of them are not, or not always in plain Node. */
function resultOf(name) {
  const all = [...(found.get(name) ?? [])].map(([what, result]) => ({ what, ...result }));
  if (all.length === 0) return 'not run';
  const named = (label, isMeant) => {
    const these = all.filter(isMeant).map(({ what }) => what.replace(/^test\/\w+\//, ''));
    return these.length === 0 ? [] : [`${label}: ${these.join(', ')}`];
  };
  const isApart = ({ plain }) => plain === 'reaches into the round robin';
  const alike = all.filter((one) => one.isAlike && !isApart(one)).length;
  return [
    `${alike} of ${all.length} as plain Node`,
    ...named('**differs**', ({ isAlike }) => !isAlike),
    ...named('not always alike in plain Node', ({ plain }) => plain === 'flaky'),
    ...named('failed in plain Node', ({ plain }) => plain === 'fails'),
    ...named("changes Node's own round robin, whose place rondo takes", isApart),
  ].join('; ');
}

async function importTypeScript(name) {
  const { outputText } = ts.transpileModule(read(name), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

writeFileSync(
  file('docs/compatibility.md'),
  `# Compatibility

This page is written by \`node scripts/compatibility.mjs\` from what \`npm run test:ecosystem\` and
\`npm run test:node-suite\` find, with Node ${process.version}.

## Under \`rondo start\`

Published packages, each in the same program as under plain Node:
how it ends by a signal, by the signal twice within 10 ms, by an uncaught error and by an unhandled rejection; and
two reloads under load, in which no request may fail. In brackets is how plain Node ends it, by exit code or signal.
Under plain Node, SIGTERM ends a program that has no handler for it. Under rondo, the worker drains and ends with code 0. A
signal that arrives twice must have the same effect as one.

| program | packages | results |
|---|---|---|
${programs.join('\n')}

The same command also compares \`http\`, Express, Fastify, Koa, socket.io and \`ws\` servers request by request, with
\`node:cluster\`, pm2 in cluster mode, cfork and throng.

## With the preload

Programs of \`node:cluster\` and of packages that fork by it, with \`--import rondo/register\`: what each process writes and how
it ends, case by case. Where a case differs, both are tried again: it is alike if plain Node does the same in one of its
tries.

| packages | tests | results |
|---|---|---|
${suites.join('\n')}

The cases are:

${cases.join('\n')}

Two things are known of plain Node there. A worker that ends as a connection comes to it leaves that connection without an
answer: under load a reload of pm2's lost a request in 8 of 11 tries, and with the preload none may fail. And a client that is
back before the primary has seen the end of the last worker is reset, or waits: of cfork's own suite (in its
repository), "should slave exit" failed 11 of 24 times in plain Node and 4 of 24 with the preload.
`,
);
