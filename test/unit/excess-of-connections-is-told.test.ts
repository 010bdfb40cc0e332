// How many connections the primary asks a worker for with `rebalance: 'auto'`: as many as it has above the mean, if it
// also has more to do than the one with the fewest.

import { test } from 'tap';
import { excesses, type Member, Rebalancer } from '../../src/dispatcher/rebalance.js';

type Row = [name: string, members: Array<[open: number, utilisation: number | null]>, number[]];

const ROWS: Row[] = [
  [
    'even',
    [
      [50, 0.5],
      [50, 0.1],
    ],
    [0, 0],
  ],
  [
    'a pool that the first half has',
    [
      [50, 0.4],
      [50, 0.4],
      [0, 0],
      [0, 0],
    ],
    [25, 25, 0, 0],
  ],
  [
    'which nobody uses',
    [
      [50, 0],
      [50, 0],
      [0, 0],
      [0, 0],
    ],
    [0, 0, 0, 0],
  ],
  [
    'one more is none too many',
    [
      [11, 0.9],
      [10, 0.1],
    ],
    [0, 0],
  ],
  [
    'few',
    [
      [2, 0.9],
      [0, 0],
    ],
    [1, 0],
  ],
  [
    'within a part of the mean',
    [
      [104, 0.9],
      [100, 0.1],
      [99, 0.1],
    ],
    [0, 0, 0],
  ],
  [
    'beyond it',
    [
      [130, 0.9],
      [100, 0.5],
      [70, 0.1],
    ],
    [30, 0, 0],
  ],
  [
    'the fullest has the least to do',
    [
      [90, 0.1],
      [10, 0.9],
    ],
    [0, 0],
  ],
  [
    'as much to do',
    [
      [90, 0.54],
      [10, 0.5],
    ],
    [0, 0],
  ],
  [
    'the fullest has done nothing yet',
    [
      [90, null],
      [10, 0],
    ],
    [0, 0],
  ],
  [
    'the other has done nothing yet',
    [
      [90, 0.9],
      [10, null],
    ],
    [40, 0],
  ],
  [
    'a bound for one look',
    [
      [4_000, 0.9],
      [0, 0],
    ],
    [500, 0],
  ],
  [
    'over all',
    [
      [1_400, 0.9],
      [1_400, 0.9],
      [0, 0],
      [0, 0],
    ],
    [500, 0, 0, 0],
  ],
  ['one alone', [[10, 1]], [0]],
  ['none', [], []],
];

for (const [name, members, expected] of ROWS) {
  test(name, async (t) => {
    const all: Member[] = members.map(([open, utilisation]) => ({
      open,
      utilisation,
      isSlow: null,
    }));
    t.strictSame(excesses(all), expected);
  });
}

test('what workers are told', async (t) => {
  const told: Array<[string, number]> = [];
  const rebalancer = new Rebalancer('auto', {
    members: () => [],
    relieve: () => {},
    onChange: () => told.push([rebalancer.rebalance, rebalancer.serving]),
  });
  for (const serving of [0, 1, 2, 5, 1, 2]) rebalancer.update(serving);
  rebalancer.update(2, 'always');
  rebalancer.update(3, 'always');
  rebalancer.update(1, 'off');
  rebalancer.close();
  rebalancer.update(2, 'always');
  t.strictSame(told, [
    ['auto', 1],
    ['auto', 2],
    ['auto', 1],
    ['auto', 2],
    ['always', 2],
    ['off', 1],
  ]);
});
