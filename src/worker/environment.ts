/**
 * How this process was started. Read at once, and removed from `process.env`: a child of this
 * process must not take itself for the worker. The first copy of rondo in the process that reads it has the
 * channel; another copy, such as the program's own beside a global `rondo start`, finds that one here.
 */

import { createRequire } from 'node:module';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CHANNEL_VARIABLE, PROTOCOL_VERSION } from '../protocol/protocol.js';
import type { AttachOptions } from '../types.js';

/** The copy of rondo that has the channel, as other copies of the same protocol use it. */
export interface FirstCopy {
  readonly protocol: number;
  readonly directory: string;
  attach(server: Server, options: AttachOptions): void;
}

const FIRST_COPY = Symbol.for('rondo.worker');

/** The fd of the channel, `ipc`, or undefined in a process that is no worker, or whose channel another copy has. */
export const channelName = process.env[CHANNEL_VARIABLE];

delete process.env[CHANNEL_VARIABLE];

export const directory = fileURLToPath(new URL('../..', import.meta.url));

/** Null if this one has the channel, or nobody has one. */
export const firstCopy = channelName === undefined ? find() : register();

function find(): FirstCopy | null {
  return (globalThis as { [FIRST_COPY]?: FirstCopy })[FIRST_COPY] ?? null;
}

function register(): null {
  const value: FirstCopy = {
    protocol: PROTOCOL_VERSION,
    directory,
    attach(server, options) {
      // Most workers never attach.
      const require = createRequire(import.meta.url);
      const { attach } = require('./index.js') as typeof import('./index.js');
      attach(server, options);
    },
  };
  Object.defineProperty(globalThis, FIRST_COPY, { value, configurable: true });
  return null;
}
