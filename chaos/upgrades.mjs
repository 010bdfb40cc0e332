// Twenty upgrades of `rondo start` in a row, under 2,000 new connections a second and 64 clients that keep theirs,
// through a link that leads to another Node each time: what that cost the clients.
//
// usage: node chaos/upgrades.mjs [--upgrades N] [--rate N] [--node FILE]…
// Exit code: 0; 1 if a request failed, was refused, was reset or hung, or something was left.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { killAll } from '../bench/lib/processes.mjs';
import { startLoad } from './lib/load.mjs';

const BIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const WORKERS = 4;
const KEPT = 64;
const BOUND_MS = 60_000;

const { values } = parseArgs({
  options: {
    upgrades: { type: 'string', default: '20' },
    rate: { type: 'string', default: '2000' },
    node: { type: 'string', multiple: true, default: [process.execPath] },
  },
});
const upgrades = Number(values.upgrades);
const directory = mkdtempSync(path.join(tmpdir(), 'rondo-upgrades-'));
const link = path.join(directory, 'node');
const pidFile = path.join(directory, 'pid');
/** @type {Map<number, number>} */
const fds = new Map();

process.on('exit', () => {
  killAll();
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
  } catch {
    // It has ended.
  }
  rmSync(directory, { recursive: true, force: true });
});
process.on('SIGINT', () => process.exit(130));

let log = '';
turn(0);
const first = spawn(link, [BIN, 'start', 'app.mjs', '-w', String(WORKERS), '--pidfile', pidFile], {
  cwd: fileURLToPath(new URL('lib/upgrades', import.meta.url)),
  stdio: ['ignore', 'ignore', 'pipe'],
});
first.stderr.setEncoding('utf8').on('data', (text) => {
  log += text;
});
await until('it serves', () => (log.match(/ ready after/g)?.length ?? 0) >= WORKERS);
const port = Number(/127\.0\.0\.1:(\d+)/.exec(log)?.[1]);
const seconds = 60 + upgrades * 20;
const loads = {
  'keep-alive': startLoad('keep-alive', { port, concurrency: KEPT, seconds, rate: 2_000 }),
  'new connections': startLoad('http', {
    port,
    concurrency: 256,
    seconds,
    rate: Number(values.rate),
  }),
};
await delay(1_000);
for (let i = 1; i <= upgrades; i++) await upgrade(i);
await delay(1_000);
for (const load of Object.values(loads)) load.end();

let isClean = true;
for (const [name, load] of Object.entries(loads)) {
  const { ok, failed, failures, refused, hung, latencyMs, workers } = await load.report;
  const { p50, p99, max } = latencyMs;
  console.log(
    `${name}: ${ok} ok, ${failed} failed ${JSON.stringify(failures)}, ${refused} refused, ${hung} hung; ` +
      `ms p50 ${p50}, p99 ${p99}, max ${max}; ${Object.keys(workers).length} workers`,
  );
  isClean &&= failed + refused + hung === 0 && ok > 0;
}
// Each Node has its own number.
const counts = [...fds.values()];
const ofLastNode = counts.filter((_, i) => (counts.length - 1 - i) % values.node.length === 0);
console.log(`fds of each process: ${counts.join(' ')}`);
isClean &&= /** @type {number} */ (ofLastNode.at(-1)) <= /** @type {number} */ (ofLastNode[0]);
const last = pid();
process.kill(last, 'SIGTERM');
await until('it ends', () => !isAlive(last));
process.exit(isClean ? 0 : 1);

/** @param {number} i */
async function upgrade(i) {
  const old = pid();
  turn(i);
  const at = performance.now();
  process.kill(old, 'SIGUSR2');
  await until(
    `upgrade ${i}`,
    () => pid() !== old && log.includes(`${pid()} has replaced process ${old}`),
  );
  const ms = Math.round(performance.now() - at);
  await until(`the old process ${old} ends`, () => !isAlive(old));
  // Where the old one's workers have gone.
  const next = pid();
  fds.set(next, readdirSync(`/proc/${next}/fd`).length);
  console.log(
    `${i}: ${old} → ${next} in ${ms} ms, ${path.dirname(nodeOf(i))}, ${fds.get(next)} fds`,
  );
}

/** @param {number} i */
function nodeOf(i) {
  return /** @type {string} */ (values.node[i % values.node.length]);
}

/** @param {number} i */
function turn(i) {
  symlinkSync(nodeOf(i), `${link}.next`);
  renameSync(`${link}.next`, link);
}

function pid() {
  return Number(readFileSync(pidFile, 'utf8'));
}

/** @param {number} id */
function isAlive(id) {
  try {
    // One that has ended and is waited for by nobody is a zombie.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${id}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * @param {string} what
 * @param {() => boolean} condition
 */
async function until(what, condition) {
  const end = performance.now() + BOUND_MS;
  while (!condition()) {
    if (performance.now() > end) {
      console.error(`not in time: ${what}\n${log.split('\n').slice(-40).join('\n')}`);
      process.exit(1);
    }
    await delay(10);
  }
}
