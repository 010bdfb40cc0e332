// Builds and runs the C++ tests: each native/test/*_test.cc is a program of its own that prints TAP.
// Its first line names what it is linked with: "// links: engine channel base/listen.cc uv" for all of
// native/engine and native/channel, one file of native/base, and libuv. None of it may need Node-API.
// A second line "// flags: -O3" has the program and all it is linked with compiled so, apart.
//
// usage: node scripts/test-native.mjs [--sanitizer=address|thread] [name…]
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
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
const timeoutMs = sanitizer ? 240_000 : 60_000;

const sanitizerFlags = {
  '': [],
  address: ['-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'],
  thread: ['-fsanitize=thread'],
}[sanitizer];

// libuv closes fds by a system call that the sanitizer does not see, so it takes what has the same
// number next for the same file.
const sanitizerEnv =
  sanitizer === 'thread'
    ? { TSAN_OPTIONS: process.env.TSAN_OPTIONS ?? 'ignore_noninstrumented_modules=1' }
    : {};

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
  const extra = /^.*\n\/\/ flags:(.*)\n/.exec(readFileSync(source, 'utf8'))?.[1] ?? '';
  const files = names.filter((name) => name !== 'uv').flatMap(filesOf);
  const own = extra.trim().split(/\s+/).filter(Boolean);
  return { files, own, needsUv: names.includes('uv') };
}

/** The sources that a name of native/ stands for: itself, or all in that folder and those in it. */
function filesOf(name) {
  if (name.endsWith('.cc')) return [name];
  const sources = readdirSync(path.join(native, name), { recursive: true }).filter((file) =>
    file.endsWith('.cc'),
  );
  return sources.map((file) => path.join(name, file));
}

const totals = { total: 0, pass: 0, fail: 0, skip: 0 };

function add(outcome) {
  totals.total += 1;
  totals[outcome] += 1;
}

/** Counts a program's TAP. Says what is wrong with the run; '' if only tests failed. */
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
  if (typeof status === 'string') return `was ended by ${status} after ${seen} tests`;
  if (plan !== String(seen)) return `ran ${seen} tests and planned ${plan ?? 'none'}`;
  if (status !== 0 && failures === 0) return `ended with ${status}`;
  return failures > 0 ? '' : undefined;
}

/** One after another, as many at once as there are cores. */
async function forEachOf(items, work) {
  const waiting = [...items].reverse();
  async function next() {
    for (let item = waiting.pop(); item; item = waiting.pop()) await work(item);
  }
  await Promise.all(Array.from({ length: availableParallelism() }, next));
}

/** Compiles each object once for all programs. What a compiler says goes to the tests that need it. */
async function compileAll(objects, uv) {
  const complaints = new Map();
  await forEachOf(objects.values(), async (object) => {
    const args = [...flags, ...object.own, ...uv.filter((flag) => !flag.startsWith('-l'))];
    args.push('-c', object.source, '-o', object.file);
    const { code, output } = await run(compiler, args, { capture: true });
    if (code !== 0) complaints.set(object.file, output);
  });
  return complaints;
}

function objectOf(source, own) {
  const name = [path.basename(source, '.cc'), ...own].join('');
  return { source, own, file: path.join(output, `${name}.o`) };
}

/** Links and runs one program. Gives what it printed, and what is to be said at its name: a failure or a directive. */
async function test(program, uv, complaints) {
  if (program.needsUv && !uv) {
    add('skip');
    return { skip: "libuv's development files are not installed" };
  }
  const file = path.join(output, program.name);
  const objects = program.objects.map((object) => object.file);
  const complaint = objects.map((object) => complaints.get(object)).find(Boolean);
  const args = [...flags, ...objects, ...(uv ?? []), '-o', file];
  const linked = complaint ? { output: complaint } : await run(compiler, args, { capture: true });
  if (linked.code !== 0) {
    add('fail');
    return { output: linked.output, problem: 'does not compile' };
  }
  const ran = await run(file, [], { capture: true, timeoutMs, env: sanitizerEnv });
  const problem = countTests(ran.output, ran.signal ?? ran.code);
  if (problem) add('fail');
  return { output: ran.output.trimEnd().replace(/^/gm, '    '), problem };
}

mkdirSync(output, { recursive: true });
const programs = readdirSync(path.join(native, 'test'))
  .filter((file) => file.endsWith('_test.cc'))
  .map((file) => ({ file, name: path.basename(file, '.cc') }))
  .filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map(({ file, name }) => {
    const source = path.join(native, 'test', file);
    const { files, own, needsUv } = linksOf(source);
    const sources = [source, ...files.map((file) => path.join(native, file))];
    return { name, needsUv, objects: sources.map((source) => objectOf(source, own)) };
  });
const uv = await libuvFlags();
const possible = programs.filter(({ needsUv }) => uv || !needsUv);
const objects = new Map(possible.flatMap((one) => one.objects).map((one) => [one.file, one]));
const complaints = await compileAll(objects, uv ?? []);

let ended = 0;
await forEachOf(programs, async (program) => {
  const { output = '', problem, skip } = await test(program, uv, complaints);
  console.log(`# Subtest: ${program.name}`);
  if (output) console.log(output.trimEnd());
  if (problem) console.log(`# ${problem}`);
  const verdict = problem === undefined ? 'ok' : 'not ok';
  console.log(`${verdict} ${++ended} - ${program.name}${skip ? ` # SKIP ${skip}` : ''}`);
});
console.log(`1..${programs.length}`);

const counts = Object.entries(totals).filter(([key, n]) => n > 0 || key === 'total');
console.log(`# { ${counts.map(([key, n]) => `${key}: ${n}`).join(', ')} }`);
process.exitCode = totals.fail > 0 || totals.total === 0 ? 1 : 0;
