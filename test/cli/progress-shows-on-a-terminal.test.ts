// On a terminal the start shows how far it is, in a line that is gone when it is over. Nowhere else.

import { test } from 'tap';
import { runCli } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';
import { needsTerminal, onTerminal } from '../fixtures/terminal.js';

const APP = fixture('supervisor-app.mjs');
const ERASE = '\r\x1b[K';

/** What is to be seen in the end. */
function shown(written: string): string[] {
  const lines = written.replaceAll('\r\n', '\n').split('\n');
  return lines.map((line) => line.slice(line.lastIndexOf(ERASE) + 1).replace(ERASE.slice(1), ''));
}

test('it grows and goes', needsTerminal, async (t) => {
  const { run, written, pid } = onTerminal(t, APP, ['-w', '2']);
  await until('both are ready', () => (written().match(/ ready after /g)?.length ?? 0) === 2);
  for (const [index, bar] of ['□□', '■□', '■■'].entries()) {
    t.match(written(), `${ERASE}starting ${bar} ${index} of 2 workers ready`);
  }
  process.kill(pid(), 'SIGTERM');
  t.equal(await run.end, 0);
  const lines = shown(written());
  t.equal(lines.pop(), '');
  t.ok(lines.length >= 9);
  t.ok(
    lines.every((line) => line.startsWith('rondo: ')),
    'only the log is left',
  );
});

test('it goes when the start fails', needsTerminal, async (t) => {
  const { run, written } = onTerminal(t, APP, ['-w', '1', '--max-restarts', '0'], {
    APP_FAILS: 'silently',
  });
  t.equal(await run.end, 3);
  t.match(written(), 'starting □ 0 of 1 workers ready');
  t.notMatch(shown(written()).join('\n'), 'starting');
});

test('not with --json', needsTerminal, async (t) => {
  const { run, written, pid } = onTerminal(t, APP, ['-w', '1', '--json']);
  await until('it is ready', () => written().includes('worker:ready'));
  process.kill(pid(), 'SIGTERM');
  t.equal(await run.end, 0);
  t.notMatch(written(), ERASE);
});

test('not into a pipe', async (t) => {
  const run = runCli(t, ['start', APP, '-w', '1']);
  await run.listening(1);
  run.child.kill('SIGTERM');
  t.equal(await run.end, 0);
  for (const text of [ERASE, '■', '□']) t.notOk(run.stderr().includes(text));
});
