/** What the old process says first, for which the new one waits before it does anything else. */

import { readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { RondoError } from '../../errors.js';
import { CHANNEL_FD, type Lines } from './protocol.js';

/** Longer than the old one takes for sending it. */
const MANIFEST_MS = 10_000;
const LOOK_MS = 5;

/** The old one writes it at once. Throws if it is gone. */
export function readFirst(lines: Lines): { type: string } {
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(65_536);
  const end = performance.now() + MANIFEST_MS;
  while (performance.now() < end) {
    const bytes = readSome(buffer);
    if (bytes === 0) break;
    if (bytes === null) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
    else {
      const [first] = lines.add(decoder.write(buffer.subarray(0, bytes)));
      if (first !== undefined) return first;
    }
  }
  const text = 'The process that has started this one for an upgrade has said nothing';
  throw new RondoError('ERR_RONDO_UPGRADE_FAILED', text);
}

/** Null: nothing yet. */
function readSome(buffer: Buffer): number | null {
  try {
    return readSync(CHANNEL_FD, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}
