// Writes the pages of ../../docs that are made of committed figures: `npm run bench:pages`. With --check it writes nothing, and
// the exit code is 1 if a page is not what the figures give.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readResults } from '../lib/results.mjs';
import { renderBenchmark } from './benchmark.mjs';
import { EARLIER, REQUESTS, RUN, TALK } from './runs.mjs';
import { renderTrend } from './trend.mjs';
import { readTrend } from './trend-lines.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const isCheck = process.argv[2] === '--check';

for (const [name, text] of await render()) {
  const file = path.join(ROOT, name);
  if (!isCheck) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`${name} is not what the figures give: npm run bench:pages writes it`);
    process.exitCode = 1;
  }
}

async function render() {
  const runs = Object.fromEntries(
    [RUN, EARLIER, TALK, REQUESTS].map((name) => [
      name,
      readResults(path.join(ROOT, 'bench/results', name)),
    ]),
  );
  const { page, charts } = await renderTrend(readTrend());
  return new Map([
    ['docs/benchmark.md', renderBenchmark(runs)],
    ['docs/trend.md', page],
    ...[...charts].map(([name, svg]) => /** @type {const} */ ([`docs/bench/${name}.svg`, svg])),
  ]);
}
