/**
 * The frames that members send each other, written and read in one pass.
 *
 *   length u32 · type u8 · hello: the sender
 *                          event: name length u8, name, values      request: number u32, then as an event
 *                          reply, error: number u32, one value
 */

import { RondoError } from '../errors.js';
import { frameOf, LENGTH_BYTES } from './frames.js';
import { readCloned, readValues, writeCloned, writeValues } from './values.js';

export const MessageType = { hello: 1, event: 2, request: 3, reply: 4, error: 5 } as const;

/** The hard limit, of what is sent and what is taken. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Of a frame: the largest message, and what stands before the values. */
export const MAX_FRAME_BYTES = MAX_MESSAGE_BYTES + 512;

/** What a handler that failed tells of its error. */
export interface RemoteFailure {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
}

export type Message =
  | { type: typeof MessageType.event; name: string; args: unknown[] }
  | { type: typeof MessageType.request; number: number; name: string; args: unknown[] }
  | { type: typeof MessageType.reply; number: number; value: unknown }
  | { type: typeof MessageType.error; number: number; failure: RemoteFailure };

export function helloFrame(sender: Buffer): Buffer {
  return frameOf(Buffer.concat([Buffer.from([MessageType.hello]), sender]));
}

/** Names are used again and again. */
const names = new Map<string, Buffer>();
const MOST_NAMES = 1_000;

function nameBytes(name: string): Buffer {
  const known = names.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const bytes = Buffer.concat([Buffer.from([text.length]), text]);
  if (names.size >= MOST_NAMES) names.clear();
  names.set(name, bytes);
  return bytes;
}

/** Throws `ERR_RONDO_HUB_VALUE`, `ERR_RONDO_HUB_TOO_LARGE`. */
export function eventFrame(name: string, args: unknown[], maxBytes: number): Buffer {
  const head = nameBytes(name);
  const prefix = Buffer.allocUnsafe(LENGTH_BYTES + 1 + head.length);
  prefix[LENGTH_BYTES] = MessageType.event;
  head.copy(prefix, LENGTH_BYTES + 1);
  return finish(prefix, args, maxBytes, name);
}

/** Without its number. Throws as `eventFrame()`. */
export function requestFrame(name: string, args: unknown[], maxBytes: number): Buffer {
  const head = nameBytes(name);
  const prefix = Buffer.alloc(LENGTH_BYTES + 5 + head.length);
  prefix[LENGTH_BYTES] = MessageType.request;
  head.copy(prefix, LENGTH_BYTES + 5);
  return finish(prefix, args, maxBytes, name);
}

/** A request's frame, which may go to several, with a number of its own. */
export function numberedFrame(request: Buffer, number: number): Buffer {
  const frame = Buffer.from(request);
  frame.writeUInt32LE(number, LENGTH_BYTES + 1);
  return frame;
}

export function replyFrame(
  type: typeof MessageType.reply | typeof MessageType.error,
  number: number,
  value: unknown,
  maxBytes: number,
): Buffer {
  const prefix = Buffer.allocUnsafe(LENGTH_BYTES + 5);
  prefix[LENGTH_BYTES] = type;
  prefix.writeUInt32LE(number, LENGTH_BYTES + 1);
  return finish(prefix, value, maxBytes, null);
}

/** Puts the values behind the prefix, and the length in front. `name`: of an event, whose arguments they are. */
function finish(prefix: Buffer, value: unknown, maxBytes: number, name: string | null): Buffer {
  let frame: Buffer;
  try {
    frame = name === null ? writeCloned(prefix, value) : writeValues(prefix, value as unknown[]);
  } catch (error) {
    throw new RondoError(
      'ERR_RONDO_HUB_VALUE',
      `${whose(name)} cannot be cloned: ${(error as Error).message}`,
      { cause: error },
    );
  }
  const bytes = frame.length - prefix.length;
  if (bytes > maxBytes) {
    throw new RondoError(
      'ERR_RONDO_HUB_TOO_LARGE',
      `${whose(name)} have ${bytes} bytes as serialized; the option 'maxMessageBytes' is ${maxBytes}`,
      { option: 'maxMessageBytes', received: bytes },
    );
  }
  frame.writeUInt32LE(frame.length - LENGTH_BYTES, 0);
  return frame;
}

function whose(name: string | null): string {
  return name === null ? 'The contents of a reply' : `The arguments of the event '${name}'`;
}

/** Of a frame without its length. Throws at what is none. */
export function readMessage(payload: Buffer): Message {
  const type = payload[0];
  switch (type) {
    case MessageType.event: {
      const end = nameEnd(payload, 1);
      return { type, name: payload.toString('utf8', 2, end), args: readValues(payload, end) };
    }
    case MessageType.request: {
      const end = nameEnd(payload, 5);
      const name = payload.toString('utf8', 6, end);
      return { type, number: payload.readUInt32LE(1), name, args: readValues(payload, end) };
    }
    case MessageType.reply:
      return { type, number: payload.readUInt32LE(1), value: readCloned(payload, 5) };
    case MessageType.error: {
      const failure = readCloned(payload, 5) as RemoteFailure;
      if (typeof failure?.message !== 'string') throw new Error('an error without a message');
      return { type, number: payload.readUInt32LE(1), failure };
    }
    default:
      throw new Error(`a frame of the unknown type ${type}`);
  }
}

function nameEnd(payload: Buffer, at: number): number {
  const end = at + 1 + (payload[at] ?? 0);
  if (end === at + 1 || end > payload.length) throw new Error('a frame without a name');
  return end;
}
