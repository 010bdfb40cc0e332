// How long does a scrape of /metrics take while every one of 64 workers is stopped by a signal? And how long would it take
// if there were nothing to put together: the same bytes from node:http.
import { runProgram } from '../lib/own-program.mjs';

const PROGRAM = new URL('../operate/scrape.mjs', import.meta.url);
const FLOOR = new URL('../operate/plain-text.mjs', import.meta.url);
const SCRAPES = 100;
/** What 64 workers have. */
const FLOOR_BYTES = 70_000;
/** So many processes start on two cores. */
const TIMEOUT_MS = 120_000;

/** @type {import('../lib/types.mjs').OwnScenario} */
export const scrape = {
  name: 'scrape',
  about: 'a scrape of /metrics while every worker is stopped',
  ownContestants: {
    'rondo-metrics': "a Supervisor's MetricsServer",
    'plain-text': 'node:http, which answers as many bytes that are there already',
  },
  columns: ['scrapeP50Ms', 'scrapeP99Ms', 'scrapeCpuMs', 'scrapeBytes'],
  main: ['scrapeP50Ms', 'scrapeP99Ms'],
  variants: () => [{ workers: 64 }],
  async measure({ contestant, workers }) {
    if (contestant === 'plain-text') {
      return figuresOf(await runProgram(FLOOR, [String(FLOOR_BYTES), String(SCRAPES)]));
    }
    const args = [String(workers), String(SCRAPES)];
    return figuresOf(await runProgram(PROGRAM, args, [], TIMEOUT_MS));
  },
};

/**
 * @typedef {{ times: number[], cpuMs: number, bytes: number, fault?: string }} Result
 * @param {Result} result
 */
export function figuresOf({ times, cpuMs, bytes, fault }) {
  const sorted = [...times].sort((a, b) => a - b);
  /** @param {number} share */
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return {
    ...(fault && { reason: fault }),
    observed: { p50Ms: at(0.5), p99Ms: at(0.99), cpuMs, bytes },
  };
}
