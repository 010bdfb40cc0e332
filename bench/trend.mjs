// bench/trend.jsonl: the figures of quick runs over commits, a line for each, so that a slow loss is seen.
//   node bench/trend.mjs DIR [--print]      appends those of the run in DIR; with --print it writes them to stdout only
//
// Exit code: 0; 2 for a wrong command line or a directory without results.
import { appendFileSync } from 'node:fs';
import { parse, UsageError } from './lib/command-line.mjs';
import { ResultsError, readResults } from './lib/results.mjs';
import { TREND_FILE, trendLines } from './pages/trend-lines.mjs';

const USAGE = 'usage: node bench/trend.mjs DIR [--print]';

try {
  const { values, positionals } = parse(process.argv.slice(2), {
    print: { type: 'boolean', default: false },
  });
  if (positionals.length !== 1) throw new UsageError('one directory is needed');
  const lines = trendLines(readResults(positionals[0])).map((line) => `${JSON.stringify(line)}\n`);
  if (values.print) process.stdout.write(lines.join(''));
  else appendFileSync(TREND_FILE, lines.join(''));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ResultsError)) throw error;
  console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : error.message);
  process.exitCode = 2;
}
