// Whatever goes wrong between receiving a connection and giving it to its server, it is served, sent
// back, or closed and counted, and no fd leaks: a getter of the program's that throws, no fd left for
// the first look at a kind of socket, an fd that is no socket. The addon is played by hand.

import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { type Test, test } from 'tap';
import type { Native } from '../../src/native/index.js';
import { FIELDS_PER_CONNECTION, type NativeReceiverOwner } from '../../src/native/receiver.js';
import { PROTOCOL_VERSION } from '../../src/protocol/protocol.js';
import type { ChannelUser } from '../../src/worker/channel.js';
import { openNativeChannel } from '../../src/worker/native-receiver.js';

const LISTENER = 3;
const { EBADF, EMFILE } = constants.errno;

type Refusal = [fd: number, mayReturn: boolean];

/** A channel, whose `deliver()` gives it so many connections: the fds 100, 101, … Returns what was thrown. */
function open(
  t: Test,
  accepts: ChannelUser['accepts'],
  dupFd: Native['dupFd'] = () => -EBADF,
  hasEnded = false,
) {
  const refused: Refusal[] = [];
  const closed: number[] = [];
  const ended = new Uint32Array(257);
  let owner!: NativeReceiverOwner;
  let fields!: Int32Array;
  class Receiver {
    constructor(_fd: number, itsOwner: NativeReceiverOwner, itsFields: Int32Array) {
      owner = itsOwner;
      fields = itsFields;
    }
    open = () => 0;
    ended = () => ended;
    handoffTimes = () => new Float64Array(20);
    pace = () => new Uint32Array(1);
    setServing() {}
    refuseRest() {}
    refuse(mayReturn: boolean) {
      if (!hasEnded) refused.push([fields[0] as number, mayReturn]);
      return !hasEnded;
    }
  }
  const closeFd = (fd: number) => closed.push(fd);
  const native = { Receiver, dupFd, closeFd } as unknown as Native;
  const user = { accepts, onState() {}, onEnd() {}, serve() {} };
  openNativeChannel(native, 4, user);
  owner.onWelcome(PROTOCOL_VERSION, 0);
  const deliver = (count: number, isFinal = 0) => {
    const errors: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const of = [100 + i, LISTENER, isFinal, 0, 0];
      t.equal(of.length, FIELDS_PER_CONNECTION);
      fields.set(of);
      try {
        owner.onConnection();
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  };
  return { deliver, refused, closed, ended };
}

function hasEnded(t: Test, { ended }: ReturnType<typeof open>, count: number): void {
  t.equal(ended[0], count, `${count} are over`);
  t.equal(ended[1 + LISTENER], count, 'all of this listener');
}

const thrown = new Error('a getter of the program');
const warnings: Error[] = [];
process.on('warning', (warning) => warnings.push(warning));

test('the server throws when it is asked', (t) => {
  let asked = 0;
  const channel = open(t, () => {
    if (asked++ === 1) throw thrown;
    return false;
  });
  t.strictSame(channel.deliver(3), [thrown], 'it is an uncaught exception');
  t.equal(asked, 3, 'and nothing to the next one');
  const refusals = [
    [100, false],
    [101, false],
    [102, false],
  ];
  t.strictSame(channel.refused, refusals);
  t.strictSame(channel.closed, []);
  hasEnded(t, channel, 0);
  t.end();
});

test('the same after the end of the channel', (t) => {
  const accepts = () => {
    throw thrown;
  };
  const channel = open(t, accepts, undefined, true);
  t.strictSame(channel.deliver(3), [thrown, thrown, thrown]);
  t.strictSame(channel.closed, [100, 101, 102], 'nobody else gets them');
  hasEnded(t, channel, 3);
  t.end();
});

test('no server, after the end of the channel', (t) => {
  const channel = open(t, () => false, undefined, true);
  channel.deliver(2, 1);
  t.strictSame(channel.closed, [100, 101]);
  hasEnded(t, channel, 2);
  t.end();
});

test('no fd left for the first look', (t) => {
  const channel = open(
    t,
    () => true,
    () => -EMFILE,
  );
  channel.deliver(2);
  const refusals = [
    [100, true],
    [101, true],
  ];
  t.strictSame(channel.refused, refusals, 'it goes back, and may come again');
  t.strictSame(channel.closed, []);
  hasEnded(t, channel, 0);
  t.end();
});

test('no fd left, after the end of the channel', (t) => {
  const dupFd = () => -EMFILE;
  const channel = open(t, () => true, dupFd, true);
  channel.deliver(2);
  t.strictSame(channel.closed, [100, 101]);
  hasEnded(t, channel, 2);
  t.end();
});

test('another error at the first look', async (t) => {
  const channel = open(
    t,
    () => true,
    () => -EBADF,
  );
  channel.deliver(1);
  t.strictSame(channel.closed, [100]);
  hasEnded(t, channel, 1);
  await new Promise(setImmediate);
  t.match(warnings, [{ code: 'RONDO_CONNECTION_CLOSED', message: /EBADF/ }]);
});

test('an fd that Node takes for no socket', (t) => {
  const duplicate = openSync('/dev/null', 'r');
  t.teardown(() => closeSync(duplicate));
  const channel = open(
    t,
    () => true,
    () => duplicate,
  );
  t.match(channel.deliver(1), [{ code: 'ERR_INVALID_FD_TYPE' }]);
  t.strictSame(channel.closed, [duplicate, 100], 'the duplicate is closed, too');
  t.strictSame(channel.refused, []);
  hasEnded(t, channel, 1);
  t.end();
});
