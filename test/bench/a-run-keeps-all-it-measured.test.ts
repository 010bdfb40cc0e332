// bench/run.mjs --out DIR: each cell is a line of DIR/results.jsonl with its figures and all that is known of
// where they come from, and DIR/report.html shows them.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';

const RUN = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));
const LOADGEN = fileURLToPath(new URL('../../build/Release/loadgen', import.meta.url));
const options = existsSync(LOADGEN) ? {} : { skip: 'there is no load generator' };
const SMALL = '--scenario storm --contestant cluster-rr --rounds 1 --connections 1000'.split(' ');

test('one cell', options, (t) => {
  const directory = path.join(t.testdir(), 'new', 'one');
  const { stdout, stderr } = spawnSync(process.execPath, [RUN, ...SMALL, '--out', directory], {
    encoding: 'utf8',
  });
  const file = path.join(directory, 'report.html');
  t.match(stdout, file, 'the report is named at the end', { stderr });
  t.match(readFileSync(file, 'utf8'), '<figure id="storm-rate"');

  const lines = readFileSync(path.join(directory, 'results.jsonl'), 'utf8').trim().split('\n');
  t.equal(lines.length, 1);
  const cell = JSON.parse(lines[0] ?? '');
  t.match(cell, {
    scenario: 'storm',
    contestant: 'cluster-rr',
    round: 1,
    workers: 2,
    valid: true,
    asked: { mode: 'storm', connections: 1000, concurrency: 64 },
    load: { ok: 1000 },
    figures: { rate: cell.load.rate, p99Ms: cell.load.latencyMs.p99 },
    machine: {
      cores: Number,
      cpu: String,
      kernel: /^\w+ \d/,
      memoryMb: Number,
      arch: process.arch,
    },
    node: process.version,
    loadAverage: [Number, Number, Number],
  });
  t.ok(
    cell.commit === null || /^[0-9a-f]{12}(-dirty)?$/.test(cell.commit),
    `commit ${cell.commit}`,
  );
  t.ok(Math.abs(Date.now() - Date.parse(cell.time)) < 60_000, cell.time);
  const { percentiles, p50, p99, max } = cell.load.latencyMs;
  t.same(percentiles.at(-1), [100, max], 'the curve ends with the maximum');
  t.same(new Map(percentiles).get(50), p50);
  t.same(new Map(percentiles).get(99), p99);
  const times = percentiles.map(([, ms]: [number, number]) => ms);
  t.same(
    times,
    times.toSorted((a: number, b: number) => a - b),
    'and never falls',
  );
  t.end();
});
