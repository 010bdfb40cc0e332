// What the other scripts share: where the checkout is, running a command, and a scratch directory
// that is gone when the script ends.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');

const local = (...parts) => path.join(root, 'node_modules', ...parts);
export const nodeGyp = local('node-gyp', 'bin', 'node-gyp.js');
export const tap = path.join(root, 'scripts', 'tap.mjs');
export const tsc = local('typescript', 'bin', 'tsc');

/**
 * Runs `command` in the checkout and resolves with its exit status: `code` is 127 where there is no
 * such program and 128 where a signal ended it. With `capture`, `output` is its stdout and stderr.
 * A command that takes longer than `timeoutMs` is killed.
 */
export function run(command, args, { cwd = root, env = {}, capture = false, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const chunks = [];
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: 127, output: String(error.message) }));
    child.on('close', (code, signal) => {
      const output = Buffer.concat(chunks).toString();
      resolve({ code: code ?? 128, signal, output });
    });
  });
}

/** Runs `command` and ends this script, with the same status, where it fails. */
export async function must(command, args, options) {
  const { code, output } = await run(command, args, options);
  if (code === 0) return output;
  if (output) process.stderr.write(output);
  process.exit(code);
}

export async function hasCommand(command) {
  return (await run(command, ['--version'], { capture: true })).code === 0;
}

/**
 * node-gyp's arguments for the running Node's headers. Outside npm's own copy it downloads them,
 * though most installations have them beside the executable.
 */
export function headerArgs() {
  if (process.env.npm_config_nodedir) return [];
  const prefix = path.resolve(process.execPath, '../..');
  return existsSync(path.join(prefix, 'include/node/node.h')) ? [`--nodedir=${prefix}`] : [];
}

/** A directory outside the checkout, removed when this script ends. */
export function scratchDirectory(name) {
  const directory = mkdtempSync(path.join(tmpdir(), `rondo-${name}-`));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
  return directory;
}

/** A scratch directory in which the addon can be built, so that `build/` stays as it is. */
export function scratchNativeCheckout(name) {
  const directory = scratchDirectory(name);
  for (const entry of ['package.json', 'binding.gyp', 'native', 'bench']) {
    const from = path.join(root, entry);
    if (existsSync(from)) cpSync(from, path.join(directory, entry), { recursive: true });
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  return directory;
}
