// Runs the load generator once.
import { spawn } from 'node:child_process';
import { ended, track } from './processes.mjs';

const SECONDS = 20;
const HANG_MS = 5_000;
/** The generator ends by itself before this; a runner that relied on it would not be bounded. */
const TIMEOUT_MS = SECONDS * 1_000 + HANG_MS + 5_000;

/**
 * @param {string} program
 * @param {number} port
 * @param {import('./types.mjs').Load} load
 * @returns {Promise<import('./types.mjs').LoadReport>}
 */
export async function runLoad(program, port, { mode, ...load }) {
  const options = { port, seconds: SECONDS, 'hang-ms': HANG_MS, ...load };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program, [mode, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  track(child.pid);
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  try {
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      exit(child),
    ]);
    if (stderr !== '' || stdout === '') throw new Error(`load generator: ${stderr || 'no report'}`);
    return JSON.parse(stdout);
  } finally {
    clearTimeout(timer);
    if (child.pid !== undefined) await ended([child.pid], 0);
  }
}

/** @param {import('node:stream').Readable} stream */
async function text(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
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
  if (report.ok !== report.requests) {
    const { requests, started, ok, failures, refused, hung, unfinished } = report;
    return `not all replies right: ${JSON.stringify({ requests, started, ok, failures, refused, hung, unfinished })}`;
  }
  // Otherwise part of what is measured is connecting.
  if (report.mode === 'keep-alive' && Object.values(report.closed).some((count) => count > 0))
    return `connections were not kept: ${JSON.stringify(report.closed)}`;
  const expected = Array.from({ length: workers }, (_, index) => `w${index}`);
  const idle = expected.filter((name) => !report.workers[name]);
  if (idle.length > 0) return `served nothing: ${idle.join(', ')}`;
  const unknown = Object.keys(report.workers).filter((name) => !expected.includes(name));
  if (unknown.length > 0) return `served by workers that do not exist: ${unknown.join(', ')}`;
  return undefined;
}
