// Runs the suite and the C++ tests under a sanitizer. The instrumented addon is built in a scratch
// directory and loaded from there by RONDO_ADDON, so the addon in build/ stays the plain one.
// Reports go to files: stderr of the processes that tests start is often not seen.
//
// usage: node scripts/sanitize.mjs address|thread [test files…]
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  headerArgs,
  must,
  nodeGyp,
  run,
  scratchDirectory,
  scratchNativeCheckout,
  tap,
} from './support.mjs';

const [sanitizer, ...files] = process.argv.slice(2);
const runtime = { address: 'libasan.so', thread: 'libtsan.so' }[sanitizer];
if (!runtime) throw new Error(`not a sanitizer of this script: ${sanitizer}`);

const checkout = scratchNativeCheckout(sanitizer);
const reports = scratchDirectory('reports');
const log = path.join(reports, sanitizer);

const options = {
  address: {
    // A Node process that ends by an exception or by exit() frees nothing, and to name what it has
    // takes seconds each time. So leaks are for the C++ tests to find.
    ASAN_OPTIONS: `log_path=${log}:detect_leaks=0`,
    UBSAN_OPTIONS: `log_path=${log}:print_stacktrace=1`,
  },
  thread: {
    TSAN_OPTIONS: [
      `log_path=${log}`,
      'ignore_noninstrumented_modules=1',
      'die_after_fork=0',
      'history_size=4',
      'atexit_sleep_ms=50',
    ].join(':'),
  },
}[sanitizer];

async function preloadPath() {
  const args = [`-print-file-name=${runtime}`];
  const { output } = await run(process.env.CC ?? 'gcc', args, { capture: true });
  if (!path.isAbsolute(output.trim())) throw new Error(`the compiler has no ${runtime}`);
  return output.trim();
}

// TSan's shadow memory does not fit beside addresses as random as some kernels make them.
async function launcher() {
  const usable = (await run('setarch', ['-R', 'true'], { capture: true })).code === 0;
  return usable ? ['setarch', '-R'] : [];
}

async function sanitized(args, env = {}) {
  const [command, ...rest] = [...(await launcher()), ...args];
  return (await run(command, rest, { env: { ...options, ...env } })).code;
}

async function buildAddon() {
  const args = [nodeGyp, 'rebuild', '--jobs=max', ...headerArgs()];
  args.push('--', `-Drondo_sanitizer=${sanitizer}`);
  // Beside a shared libasan, a shared libubsan takes no log_path and writes to stderr only.
  const LDFLAGS = sanitizer === 'address' ? '-static-libubsan -Wl,--exclude-libs,libubsan.a' : '';
  await must(process.execPath, args, { cwd: checkout, capture: true, env: { LDFLAGS } });
}

/** A suite that did not load the instrumented addon would pass, and say nothing. */
async function checkThatItLoads(env) {
  const program = `
    const { socketpair } = await import('rondo/fd');
    for (const fd of socketpair()) (await import('node:fs')).closeSync(fd);
    const maps = (await import('node:fs')).readFileSync('/proc/self/maps', 'utf8');
    if (!maps.includes(${JSON.stringify(checkout)})) process.exit(1);`;
  const args = [process.execPath, '--input-type=module', '-e', program];
  if ((await sanitized(args, env)) === 0) return;
  printReports();
  console.error('the instrumented addon was not loaded');
  process.exit(1);
}

function printReports() {
  const found = readdirSync(reports).map((name) => readFileSync(path.join(reports, name), 'utf8'));
  for (const report of found.slice(0, 20)) {
    console.log(report.replaceAll(`${checkout}/`, '').split('\n').slice(0, 200).join('\n'));
  }
  return found.length;
}

await buildAddon();
const addon = path.join(checkout, 'build/Release/rondo.node');
const env = { LD_PRELOAD: await preloadPath(), RONDO_ADDON: addon, RONDO_NATIVE: '1' };
await checkThatItLoads(env);

// Only the test files and what they start run under the sanitizer, not tap itself.
const testEnv = Object.entries({ ...options, ...env }).map(([k, v]) => `--test-env=${k}=${v}`);
const suite = await sanitized([
  process.execPath,
  tap,
  '--timeout=240',
  '--jobs=2',
  ...testEnv,
  ...files,
]);
const programs = await sanitized(
  [process.execPath, 'scripts/test-native.mjs', `--sanitizer=${sanitizer}`],
  sanitizer === 'address' ? { ASAN_OPTIONS: `log_path=${log}` } : {},
);

const count = printReports();
console.log(
  `# ${sanitizer} sanitizer: ${count === 0 ? 'no reports' : `${count} files of reports`}`,
);
process.exitCode = suite === 0 && programs === 0 && count === 0 ? 0 : 1;
