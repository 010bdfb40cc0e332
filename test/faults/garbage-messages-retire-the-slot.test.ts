// The ipc transport's counterpart of garbage frames: a worker that sends messages of rondo's that are
// wrong, or wrong at that point, gets nothing more, and the others go on. Messages that are not rondo's
// are the program's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'tap';
import { PROTOCOL_VERSION } from '../../src/protocol/protocol.js';
import { settles, tally } from '../fixtures/faults.js';
import { untilRetired } from '../fixtures/frames.js';
import { openDeck, read } from '../fixtures/harness.js';

const hello = { cmd: 'NODE_RONDO_HELLO', version: PROTOCOL_VERSION };
const serving = { cmd: 'NODE_RONDO_SERVING', listeners: [0] };

const CASES: Record<string, object[]> = {
  'an unknown command': [{ cmd: 'NODE_RONDO_NONSENSE' }],
  'a command of the primary': [{ cmd: 'NODE_RONDO_STATE', version: 1, state: '{}' }],
  'hello without a version': [{ cmd: 'NODE_RONDO_HELLO' }],
  'hello with a text': [{ cmd: 'NODE_RONDO_HELLO', version: '1' }],
  'serving before hello': [serving],
  'serving nothing that is a list': [hello, { cmd: 'NODE_RONDO_SERVING', listeners: 0 }],
  'serving a listener beyond the last': [hello, { cmd: 'NODE_RONDO_SERVING', listeners: [256] }],
  'serving half a listener': [hello, { cmd: 'NODE_RONDO_SERVING', listeners: [0.5] }],
  'serving too many': [hello, { cmd: 'NODE_RONDO_SERVING', listeners: Array(257).fill(0) }],
  'received what it was not handed': [hello, { cmd: 'NODE_RONDO_RECEIVED', id: 0 }],
  'received a negative number': [hello, { cmd: 'NODE_RONDO_RECEIVED', id: -1 }],
  'refused what it was not handed': [hello, { cmd: 'NODE_RONDO_REFUSED', id: 3 }],
  'missed what it was not handed': [hello, { cmd: 'NODE_RONDO_MISSED', id: 3 }],
  'ended what it had not': [hello, { cmd: 'NODE_RONDO_ENDED', ended: [[0, 1]] }],
  'ended without a number': [hello, { cmd: 'NODE_RONDO_ENDED', ended: [[0, null]] }],
  'ended of no listener': [hello, { cmd: 'NODE_RONDO_ENDED', ended: [[256, 0]] }],
  'ended nothing that is a list': [hello, { cmd: 'NODE_RONDO_ENDED', ended: 1 }],
};

const PROGRAM = `
  for (const message of JSON.parse(process.argv[1])) process.send(message);
  process.on('message', () => {});
  process.on('disconnect', () => process.exit());`;

test('ipc', async (t) => {
  const deck = await openDeck(t, { transport: 'ipc' });
  const good = await deck.worker();
  for (const [name, messages] of Object.entries(CASES)) {
    const slot = deck.dispatcher.openSlot();
    const retired = untilRetired(deck.dispatcher, slot);
    const child = spawn(process.execPath, ['-e', PROGRAM, JSON.stringify(messages)], {
      stdio: slot.stdio,
      env: { ...process.env, ...slot.env },
    });
    const exit = once(child, 'exit');
    const said: unknown[] = [];
    child.on('message', (message) => said.push(message));
    slot.assign(child);
    t.equal((await retired).code, 'ERR_RONDO_BAD_WORKER', name);
    t.equal(slot.state, 'retired');
    t.strictSame(said, [], 'the program does not see them');
    child.kill('SIGKILL');
    await exit;
    slot.close();
  }
  const lines = await Promise.all(Array.from({ length: 20 }, () => read(deck.port)));
  t.strictSame(tally(lines), { [`${good.pid}\n`]: 20 });
  await settles(t, () => deck.dispatcher.stats(), { waiting: 0, listeners: [{ closed: 0 }] });
});
