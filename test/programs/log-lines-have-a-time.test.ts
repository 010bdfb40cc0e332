// A log line for people begins with the time in UTC, but for --no-time and where stderr is systemd's journal. A line of
// JSON has its time in any case.

import { test } from 'tap';
import { type Run, runCli } from '../fixtures/cluster-cli.js';
import { fixture } from '../fixtures/harness.js';

const APP = fixture('cluster-app.mjs');
const TIMED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z rondo: \d+\.\d+\.\d+, pid \d+, /;
const PLAIN = /^rondo: \d+\.\d+\.\d+, pid \d+, /;
/** What systemd sets: device and inode of stderr. */
const JOURNAL = ['sh', '-c', 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"', 'sh'];

async function firstLine(run: Run): Promise<string> {
  await run.says(/worker 0/);
  return run.timed();
}

test('the time', async (t) => {
  const start = ['start', APP, '-w', '1'];
  const before = Date.now();
  const line = await firstLine(runCli(t, start));
  t.match(line, TIMED);
  const at = Date.parse(line.split(' ', 1)[0] as string);
  t.ok(at >= before && at <= Date.now(), 'it is that of the event');
  t.match(await firstLine(runCli(t, [...start, '--no-time'])), PLAIN);
  t.match(await firstLine(runCli(t, start, {}, { through: JOURNAL })), PLAIN);
  const elsewhere = { JOURNAL_STREAM: '1:1' };
  t.match(await firstLine(runCli(t, start, elsewhere)), TIMED, 'stderr is not the journal');
});
