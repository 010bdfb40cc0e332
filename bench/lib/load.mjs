// Runs the load generator once.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ended, track } from './processes.mjs';

const SECONDS = 20;
const HANG_MS = 5_000;
/** The generator ends by itself before this; a runner that relied on it would not be bounded. */
const MARGIN_MS = 5_000;

/**
 * @param {string} program
 * @param {number} port
 * @param {import('./types.mjs').Load} load
 * @param {() => unknown} [whileHeld] in hold: what is done while all connections are held
 * @returns {Promise<import('./types.mjs').LoadReport>}
 */
export async function runLoad(program, port, { mode, ...load }, whileHeld) {
  const options = { port, seconds: SECONDS, 'hang-ms': HANG_MS, ...load };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program, [mode, ...args], { stdio: 'pipe' });
  track(child.pid);
  child.stdin.on('error', ignoreEnded);
  const timeoutMs = options.seconds * 1_000 + options['hang-ms'] + MARGIN_MS;
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  try {
    const exited = exit(child);
    const isHolding = Promise.race([once(child.stdout, 'data'), exited]);
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      exited,
      isHolding.then(() => whileHeld?.()).finally(() => child.stdin.end()),
    ]);
    if (stderr !== '' || stdout === '') throw new Error(`load generator: ${stderr || 'no report'}`);
    return JSON.parse(stdout.slice(stdout.indexOf('{')));
  } finally {
    clearTimeout(timer);
    if (child.pid !== undefined) await ended([child.pid], 0);
  }
}

// A generator that could not start, or has ended, reads no input; its exit says why.
function ignoreEnded() {}

/** @param {import('node:stream').Readable} stream */
async function text(stream) {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await once(stream, 'close');
  return text;
}

/** @param {import('node:child_process').ChildProcess} child */
function exit(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

/**
 * Why these replies do not count, or undefined if every one was right and every worker served.
 * @param {import('./types.mjs').LoadReport} report
 * @param {number} workers
 */
export function findFault(report, workers) {
  return findWrong(report) ?? findIdle(report, workers);
}

/**
 * Why these replies do not count, or undefined if every one was right.
 * @param {import('./types.mjs').LoadReport} report
 */
export function findWrong(report) {
  if (report.ok !== report.requests) {
    const { requests, started, ok, failures, refused, hung, unfinished } = report;
    return `not all replies right: ${JSON.stringify({ requests, started, ok, failures, refused, hung, unfinished })}`;
  }
  // Otherwise part of what is measured is connecting.
  if (
    /^(keep-alive|hold)$/.test(report.mode) &&
    Object.values(report.closed).some((count) => count > 0)
  )
    return `connections were not kept: ${JSON.stringify(report.closed)}`;
  return undefined;
}

/**
 * Undefined if every worker served, and nobody else.
 * @param {import('./types.mjs').LoadReport} report
 * @param {number} workers
 */
function findIdle(report, workers) {
  const expected = Array.from({ length: workers }, (_, index) => `w${index}`);
  const idle = expected.filter((name) => !report.workers[name]);
  if (idle.length > 0) return `served nothing: ${idle.join(', ')}`;
  const unknown = Object.keys(report.workers).filter((name) => !expected.includes(name));
  if (unknown.length > 0) return `served by workers that do not exist: ${unknown.join(', ')}`;
  return undefined;
}
