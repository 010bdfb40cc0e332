// While the primary stands, the workers talk.

import { test } from 'tap';
import { startHubs } from '../fixtures/hub.js';

const COUNT = 1_000;

test('the primary stands', async (t) => {
  const program = await startHubs(t, 2);
  await program.worker(2, async () => {
    hub.handle('echo', (value) => value);
    await hub.ready();
  });
  // It finds out by itself, for a test would have to ask by the primary, and lets the primary go on in the end.
  await program.worker(
    1,
    async ({ delay, fs }, count) => {
      await hub.ready();
      const isStanding = () => / T /.test(fs.readFileSync(`/proc/${process.ppid}/stat`, 'utf8'));
      const talk = async (): Promise<unknown> => {
        while (!isStanding()) await delay(1);
        let last: unknown;
        for (let n = 1; n <= count; n++) {
          last = await hub.request(1, 'echo', n, { timeoutMs: 1_000 });
        }
        return { last, wasStanding: isStanding() };
      };
      const end = () => process.kill(process.ppid, 'SIGCONT');
      Object.assign(globalThis, { talk: talk().finally(end) });
    },
    COUNT,
  );
  program.child.kill('SIGSTOP');
  const told = await program.worker(1, () => (globalThis as { talk?: Promise<unknown> }).talk);
  t.strictSame(told, { last: COUNT, wasStanding: true });
});
