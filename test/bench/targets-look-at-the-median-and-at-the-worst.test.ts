// A target of the benchmark is met or missed by the median over the rounds, by the highest of them, by a ratio to
// another contestant or to another number of workers; and a run says it of those it asked, and of no others.

import { test } from 'tap';

const { judge, isAsked } = await import(
  new URL('../../bench/lib/judging.mjs', import.meta.url).href
);
const { TARGETS } = await import(new URL('../../bench/lib/targets.mjs', import.meta.url).href);
const { METRICS } = await import(new URL('../../bench/lib/metrics.mjs', import.meta.url).href);
const { SCENARIOS } = await import(
  new URL('../../bench/scenarios/index.mjs', import.meta.url).href
);
const { CONTESTANTS, cannot } = await import(
  new URL('../../bench/contestants/index.mjs', import.meta.url).href
);
const { missingOfWatt } = await import(new URL('../../bench/lib/watt.mjs', import.meta.url).href);
const { targetTable } = await import(new URL('../../bench/lib/tables.mjs', import.meta.url).href);

const IDLE = { held: 64, cores: 'idle' };
const BURST = { scenario: 'burst', metric: 'gap', of: 'rondo-native', at: { workers: 2 } };

interface Options {
  contestant?: string;
  workers?: number;
  parameters?: Record<string, string | number>;
}

/** A cell per round; of each the connections by worker. */
function burst(rounds: number[][], { contestant = 'rondo-native', ...options }: Options = {}) {
  return rounds.map((counts, index) => {
    const byWorker = Object.fromEntries(counts.map((count, worker) => [`w${worker}`, count]));
    return {
      scenario: 'burst',
      contestant,
      round: index + 1,
      pass: 1,
      workers: options.workers ?? 2,
      parameters: options.parameters ?? IDLE,
      load: { workerConnections: byWorker, workerOpen: byWorker, worstGap: 1, mostOpen: 33 },
    };
  });
}

function scaling(workers: number, primaryUs: number[], contestant = 'rondo-native') {
  return primaryUs.map((primary, index) => ({
    scenario: 'scaling',
    contestant,
    round: index + 1,
    pass: 1,
    workers,
    load: {},
    cpuUs: { primary, workers: 30, client: 30 },
  }));
}

const EVEN = [32, 32];

test('the median has a limit, and the worst round has another one', (t) => {
  const cells = burst([EVEN, [33, 31], EVEN, EVEN, [35, 29]]);
  t.match(judge({ ...BURST, atMost: 1 }, cells), { value: 0, highest: 6, verdict: 'met' });
  t.match(judge({ ...BURST, atMost: 1, neverOver: 6 }, cells), { verdict: 'met' });
  t.match(judge({ ...BURST, atMost: 1, neverOver: 5 }, cells), { verdict: 'MISSED' });
  t.match(judge({ ...BURST, neverOver: 5 }, cells), { value: 0, verdict: 'MISSED' });
  const uneven = burst([[33, 31], [33, 31], EVEN]);
  t.match(judge({ ...BURST, atMost: 1, neverOver: 6 }, uneven), { value: 2, verdict: 'MISSED' });
  t.match(judge({ ...BURST, under: 2 }, uneven), { verdict: 'MISSED' }, 'under is not at most');
  t.match(judge({ ...BURST, atLeast: 2 }, uneven), { verdict: 'met' });
  t.end();
});

test('a worker without any connection counts', (t) => {
  const [cell] = burst([[64]]);
  t.equal(METRICS.gap.of(cell), 64);
  t.equal(METRICS.worstGap.of(cell), 33, 'the most that the other one ever had');
  const [both] = burst([EVEN]);
  t.equal(METRICS.worstGap.of(both), 1);
  t.equal(METRICS.busiestRatio.of(burst([[33, 31]])[0]), 33 / 32);
  t.end();
});

test('only cells of the place count', (t) => {
  const cells = [
    ...burst([EVEN]),
    ...burst([[40, 24]], { parameters: { held: 64, cores: 'one busy' } }),
    ...burst([[30, 20, 14]], { workers: 3 }),
    ...burst([[50, 14]], { contestant: 'cluster-rr' }),
  ];
  t.match(judge({ ...BURST, at: { workers: 2, parameters: IDLE }, neverOver: 4 }, cells), {
    highest: 0,
    verdict: 'met',
  });
  t.match(judge({ ...BURST, at: { workers: 3 }, neverOver: 4 }, cells), { highest: 16 });
  t.match(judge({ ...BURST, at: { parameters: { cores: 'one busy' } }, atMost: 1 }, cells), {
    value: 16,
  });
  t.equal(judge({ ...BURST, at: { workers: 4 }, atMost: 1 }, cells), undefined);
  t.equal(isAsked({ ...BURST, at: { workers: 4 } }, cells), false);
  t.equal(isAsked({ ...BURST, of: 'rondo-ipc' }, cells), false);
  t.equal(isAsked(BURST, cells), true);
  t.end();
});

test('a ratio to another contestant, of the medians and of the worst round', (t) => {
  const cells = [
    ...burst([[34, 30], EVEN, [37, 27]]),
    ...burst(
      [
        [36, 28],
        [36, 28],
        [60, 4],
      ],
      { contestant: 'cluster-none' },
    ),
  ];
  const target = { ...BURST, against: 'cluster-none' };
  t.match(judge({ ...target, atMost: 0.5 }, cells), {
    value: 0.5,
    highest: 1.25,
    figures: [4, 8],
    verdict: 'met',
  });
  t.match(judge({ ...target, atMost: 0.5, neverOver: 1.2 }, cells), { verdict: 'MISSED' });
  t.equal(judge({ ...target, against: 'cluster-rr', atMost: 1 }, cells), undefined, 'no baseline');
  t.end();
});

test('a ratio to another number of workers', (t) => {
  const cells = [
    ...scaling(2, [5, 6, 5]),
    ...scaling(8, [5, 5, 5]),
    ...scaling(64, [5.5, 5.5, 9]),
    ...scaling(2, [1, 1, 1], 'cluster-rr'),
  ];
  const target = {
    scenario: 'scaling',
    metric: 'primaryUs',
    of: 'rondo-native',
    at: { workers: 64 },
    beside: { workers: 2 },
  };
  t.match(judge({ ...target, atMost: 1.15 }, cells), { figures: [5.5, 5], verdict: 'met' });
  t.match(judge({ ...target, atMost: 1.05 }, cells), { verdict: 'MISSED' });
  t.end();
});

test('void cells count nowhere', (t) => {
  const cells = burst([EVEN, [50, 14]]).map((cell, index) =>
    index === 1 ? { ...cell, reason: 'a worker exited' } : cell,
  );
  t.match(judge({ ...BURST, neverOver: 4 }, cells), { highest: 0, verdict: 'met' });
  t.equal(judge({ ...BURST, neverOver: 4 }, cells.slice(1)), undefined);
  t.end();
});

test('a run names the targets of those it asked', (t) => {
  const table: string = targetTable(burst([EVEN, EVEN, [34, 30]]));
  const rows = table.split('\n').map((row) => row.split(/ {2,}/));
  t.same(rows, [
    ['target', 'limit', 'measured', 'verdict', 'figures'],
    [
      'burst, held 64, cores idle, 2 workers: max − min, rondo-native',
      '≤ 1, worst ≤ 4',
      '0, worst 4',
      'met',
    ],
  ]);
  t.end();
});

interface Variant {
  workers?: number;
  parameters?: Record<string, unknown>;
  usual?: string[];
}

test('a full run measures every target', (t) => {
  // Which depends on the machine, and not on the question.
  const isMissing = (name: string) => name === 'watt' && missingOfWatt() !== undefined;
  for (const target of TARGETS) {
    const { scenario, metric, of, against, at = {}, beside = at } = target;
    const question = SCENARIOS[scenario];
    const variants: Variant[] = question.variants?.({ workers: 2, full: true }) ?? [{}];
    const asks = (name: string, place: Variant) =>
      (question.contestants ?? Object.keys(question.ownContestants ?? CONTESTANTS)).includes(
        name,
      ) &&
      (!cannot(name, question) || isMissing(name)) &&
      variants.some(
        ({ workers = 2, parameters = {}, usual = [name] }) =>
          workers === (place.workers ?? workers) &&
          Object.entries(place.parameters ?? {}).every(
            ([key, value]) => parameters[key] === value,
          ) &&
          usual.includes(name),
      );
    const what = `${scenario} ${metric} ${of} ${JSON.stringify(at)}`;
    const limits = [target.atLeast, target.atMost, target.under, target.neverOver];
    t.ok(METRICS[metric] && limits.some(Number.isFinite), `${what}: a limit`);
    t.ok(asks(of, at), `${what}: asked`);
    t.ok(asks(against ?? of, beside), `${what}: and the baseline`);
  }
  t.end();
});
