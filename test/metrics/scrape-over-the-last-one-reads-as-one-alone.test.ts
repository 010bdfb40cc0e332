// A scrape is written over the last one, and only where it differs. Whatever comes, goes or changes in between, it
// reads as one that is written alone.

import { test } from 'tap';
import { Bytes } from '../../src/metrics/bytes.js';
import { Exposition } from '../../src/metrics/exposition.js';

const ROUNDS = 400;
const FAMILIES = 6;
const BOUNDS = ['0.1', '1.0'];

/** xorshift32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Of all lengths, and of every kind that is written. */
function numberOf(random: () => number): number {
  const kind = random();
  if (kind < 0.7) return Math.floor(10 ** (random() * 12));
  if (kind < 0.9) return random() * 10 ** (random() * 40 - 20);
  return [Number.NaN, Infinity, -Infinity, -1, -0, 0][Math.floor(random() * 6)] as number;
}

interface Sample {
  labels: string;
  value: number;
}

function write(into: Exposition, families: readonly Sample[][]): Buffer {
  for (const [index, samples] of families.entries()) {
    // One help is longer than its letters.
    into.family({
      name: `app_${index}`,
      type: 'gauge',
      help: index === 1 ? 'Größe, 大きさ' : 'A.',
    });
    for (const { labels, value } of samples) into.gauge(labels, value);
    if (samples.length === 3) into.samples(`app_${index}{of="text"} ${samples.length}\n`);
  }
  into.family({ name: 'app_time_seconds', type: 'histogram', help: 'A time.' });
  for (const { labels, value } of families[0] ?? []) {
    into.histogram(labels, BOUNDS, { counts: [1, value, 3], sum: value / 7 });
  }
  into.family({ name: 'app_hits', type: 'counter', help: 'Hits.' });
  const traces = families[2] ?? [];
  for (const { labels, value } of traces) {
    into.sample('_total', labels, value, { labels: { trace: labels }, value, time: 1.5 });
  }
  return into.end();
}

for (const format of ['prometheus', 'openmetrics'] as const) {
  test(format, async (t) => {
    const random = seeded(16);
    let bytes = new Bytes();
    const families: Sample[][] = Array.from({ length: FAMILIES }, () => []);
    const differing: string[] = [];
    let same = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const samples = families[Math.floor(random() * FAMILIES)] as Sample[];
      const what = random();
      if (what < 0.2) {
        const labels = `{seat="${samples.length}é"}`;
        samples.splice(Math.floor(random() * 3), 0, { labels, value: numberOf(random) });
      } else if (what < 0.3) samples.splice(0, 1);
      else if (what < 0.9) for (const sample of samples) sample.value = numberOf(random);
      // A reader has the memory still.
      if (random() < 0.1) bytes = bytes.copy();
      const over = write(Exposition.over(bytes, format), families).toString();
      const alone = write(new Exposition(format), families).toString();
      if (over === alone) same++;
      else differing.push(`round ${round}\n${over}\n---\n${alone}`);
    }
    t.strictSame(differing.slice(0, 1), []);
    t.equal(same, ROUNDS);
  });
}

test('a reader of the last one keeps what it has', async (t) => {
  const first = new Bytes();
  first.line('', '', 'a ', 1);
  const seen = first.written;
  const next = first.copy();
  next.rewind();
  next.line('', '_total', 'b ', 2);
  t.equal(seen.toString(), 'a 1\n');
  t.equal(next.written.toString(), 'b 2\n');
});
