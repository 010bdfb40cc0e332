// Builds and runs the C++ tests: each native/test/*_test.cc is a program of its own that prints TAP.
// Its first line names what it is linked with: "// links: listen.cc fd_passing.cc" for files of
// native/, and "uv" for libuv. None of it may need Node-API.
//
// usage: node scripts/test-native.mjs [--sanitizer=address|thread] [name…]
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root, run } from './support.mjs';

const { values, positionals } = parseArgs({
  options: { sanitizer: { type: 'string', default: '' } },
  allowPositionals: true,
});
const sanitizer = values.sanitizer;
const compiler = process.env.CXX ?? 'c++';
const native = path.join(root, 'native');
const output = path.join(root, 'build', ['test', sanitizer].filter(Boolean).join('-'));
const timeoutMs = 120_000;

const sanitizerFlags = {
  '': [],
  address: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
  thread: ['-fsanitize=thread'],
}[sanitizer];

// The flags of binding.gyp, so that the code is checked as it is shipped.
const flags = [
  ...['-std=c++17', '-fno-exceptions', '-fno-rtti', '-Wall', '-Wextra', '-Werror', '-pthread'],
  ...['-g', '-O1', '-fno-omit-frame-pointer', `-I${native}`, ...sanitizerFlags],
];

/** What finds libuv's header and library of one version, or undefined where it is not installed. */
async function libuvFlags() {
  const found = await run('pkg-config', ['--cflags', '--libs', 'libuv'], { capture: true });
  return found.code === 0 ? found.output.trim().split(/\s+/) : undefined;
}

function linksOf(source) {
  const match = /^\/\/ links:(.*)\n/.exec(readFileSync(source, 'utf8'));
  if (!match) throw new Error(`${path.relative(root, source)}: no "// links:" on its first line`);
  const names = match[1].trim().split(/\s+/).filter(Boolean);
  return { files: names.filter((name) => name !== 'uv'), needsUv: names.includes('uv') };
}

const totals = { total: 0, pass: 0, fail: 0, skip: 0 };

function add(outcome) {
  totals.total += 1;
  totals[outcome] += 1;
}

/** Counts a program's TAP and says what beside its own failures is wrong with the run. */
function countTests(tap, status) {
  let seen = 0;
  let failures = 0;
  for (const line of tap.split('\n')) {
    const match = /^(not )?ok\b.*?(# (?:SKIP|TODO)\b.*)?$/i.exec(line);
    if (!match) continue;
    seen += 1;
    if (match[1] && !match[2]) failures += 1;
    add(match[2] ? 'skip' : match[1] ? 'fail' : 'pass');
  }
  const plan = /^1\.\.(\d+)/m.exec(tap)?.[1];
  if (plan !== String(seen)) return `ran ${seen} tests and planned ${plan ?? 'none'}`;
  if (status !== 0 && failures === 0) return `ended with ${status}`;
  return failures > 0 ? '' : undefined;
}

/** Builds and runs one program. Gives what is to be said at its name: a failure or a directive. */
async function test(source) {
  const name = path.basename(source, '.cc');
  const { files, needsUv } = linksOf(source);
  const uv = needsUv ? await libuvFlags() : [];
  if (!uv) {
    add('skip');
    return { skip: "libuv's development files are not installed" };
  }
  const program = path.join(output, name);
  const sources = [source, ...files.map((file) => path.join(native, file))];
  const args = [...flags, ...sources, ...uv, '-o', program];
  const compiled = await run(compiler, args, { capture: true });
  const ran = compiled.code === 0 && (await run(program, [], { capture: true, timeoutMs }));
  console.log(ran ? ran.output.trimEnd().replace(/^/gm, '    ') : compiled.output.trimEnd());
  if (!ran) add('fail');
  const problem = ran ? countTests(ran.output, ran.signal ?? ran.code) : 'does not compile';
  if (ran && problem) add('fail');
  return { problem };
}

mkdirSync(output, { recursive: true });
const tests = readdirSync(path.join(native, 'test'))
  .filter((file) => file.endsWith('_test.cc'))
  .filter((file) => positionals.length === 0 || positionals.includes(path.basename(file, '.cc')))
  .sort();
for (const [index, file] of tests.entries()) {
  const name = path.basename(file, '.cc');
  console.log(`# Subtest: ${name}`);
  const { problem, skip } = await test(path.join(native, 'test', file));
  if (problem) console.log(`# ${problem}`);
  const verdict = problem === undefined ? 'ok' : 'not ok';
  console.log(`${verdict} ${index + 1} - ${name}${skip ? ` # SKIP ${skip}` : ''}`);
}
console.log(`1..${tests.length}`);

const counts = Object.entries(totals).filter(([key, n]) => n > 0 || key === 'total');
console.log(`# { ${counts.map(([key, n]) => `${key}: ${n}`).join(', ')} }`);
process.exitCode = totals.fail > 0 || totals.total === 0 ? 1 : 0;
