/** Opens this process's end of the channel, whichever the transport. */

import { isMainThread } from 'node:worker_threads';
import { RondoError } from '../errors.js';
import { loadNative } from '../native/index.js';
import { CHANNEL_VARIABLE, IPC_CHANNEL } from '../protocol/protocol.js';
import type { ChannelUser, WorkerChannel } from './channel.js';
import { checkCopy, outside, workerProcess } from './environment.js';
import { openIpcChannel } from './ipc-receiver.js';
import { openNativeChannel } from './native-receiver.js';

/**
 * Once per process. Throws `ERR_RONDO_NOT_MAIN_THREAD`, `ERR_RONDO_NOT_A_WORKER`,
 * `ERR_RONDO_PROTOCOL_VERSION`, `ERR_RONDO_NATIVE_MISSING` and `ERR_RONDO_CHANNEL`.
 */
export function openChannel(user: ChannelUser): WorkerChannel {
  if (!isMainThread) {
    throw new RondoError(
      'ERR_RONDO_NOT_MAIN_THREAD',
      'attach() works in the main thread only: a process has one channel',
    );
  }
  if (workerProcess === undefined) {
    throw new RondoError(
      'ERR_RONDO_NOT_A_WORKER',
      `This process has no channel: ${CHANNEL_VARIABLE} is not set. Start it with the 'stdio' and ` +
        "'env' of a slot",
    );
  }
  checkCopy(workerProcess);
  if (workerProcess.isOpen) {
    // Two readers would each get some of the connections, and not those of their servers.
    throw new RondoError(
      'ERR_RONDO_CHANNEL',
      'The channel of this process is in use already: a process is a worker of node:cluster with ' +
        'rondo, or calls attach(), and not both',
    );
  }
  const channel = outside.runInAsyncScope(open, null, workerProcess.channel, user);
  workerProcess.isOpen = true;
  workerProcess.givesBack = channel.givesBack;
  workerProcess.claim = (kind, key, isOver) => channel.claim(kind, key, isOver);
  const { heartbeatMs } = workerProcess;
  if (heartbeatMs > 0) channel.beat(heartbeatMs);
  return channel;
}

function open(channelName: string, user: ChannelUser): WorkerChannel {
  if (channelName === IPC_CHANNEL) return openIpcChannel(user);
  const native = loadNative();
  if (native instanceof Error) {
    throw new RondoError(
      'ERR_RONDO_NATIVE_MISSING',
      `The primary uses the native addon, and here it cannot be loaded: ${native.message}`,
      { cause: native },
    );
  }
  return openNativeChannel(native, Number(channelName), user);
}
