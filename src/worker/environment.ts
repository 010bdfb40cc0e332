/**
 * How this process was started. Read at once, and removed from `process.env`: a child of this
 * process must not take itself for the worker.
 */

import { CHANNEL_VARIABLE } from '../protocol/protocol.js';

/** The fd of the channel, `ipc`, or undefined in a process that is no worker. */
export const channelName = process.env[CHANNEL_VARIABLE];

delete process.env[CHANNEL_VARIABLE];
