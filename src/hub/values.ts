/**
 * The values of a message as bytes. Most messages are some strings, numbers and buffers: those are written here,
 * in a quarter of the time. All others are cloned by V8 (`v8.serialize`), whose format begins with 0xff. What
 * a reader gets is the same either way.
 *
 *   plain: 0x01 · count u8 · for each a tag u8 and its bytes
 */

import { DefaultDeserializer, DefaultSerializer } from 'node:v8';

const PLAIN = 0x01;
const MOST_PLAIN = 16;

const Tag = {
  undefined: 0,
  null: 1,
  true: 2,
  false: 3,
  int32: 4,
  double: 5,
  string: 6,
  buffer: 7,
} as const;

/** The tag and the length of a string or buffer. */
const HEAD_BYTES = 5;

type WellFormed = string & { isWellFormed(): boolean };

/** Behind `prefix`, in one buffer; what V8 throws at a value that cannot be cloned. */
export function writeValues(prefix: Buffer, args: readonly unknown[]): Buffer {
  const bytes = plainBytes(args);
  return bytes < 0 ? writeCloned(prefix, args) : writePlain(prefix, args, bytes);
}

/** Of one value, of whatever kind. */
export function writeCloned(prefix: Buffer, value: unknown): Buffer {
  const serializer = new DefaultSerializer();
  serializer.writeRawBytes(prefix);
  serializer.writeHeader();
  serializer.writeValue(value);
  return serializer.releaseBuffer();
}

/** Throws at what is neither. */
export function readValues(bytes: Buffer, at: number): unknown[] {
  if (bytes[at] === PLAIN) return readPlain(bytes, at + 1);
  const args = readCloned(bytes, at);
  if (!Array.isArray(args)) throw new Error('arguments that are no array');
  return args;
}

export function readCloned(bytes: Buffer, at: number): unknown {
  const deserializer = new OwnMemoryDeserializer(bytes.subarray(at));
  deserializer.readHeader();
  return deserializer.readValue();
}

/** Node's own gives views into the frame, whose `buffer` has other messages, too. */
class OwnMemoryDeserializer extends DefaultDeserializer {
  _readHostObject(): NodeJS.ArrayBufferView {
    // Documented, and missing in the types.
    const read = (DefaultDeserializer.prototype as unknown as OwnMemoryDeserializer)
      ._readHostObject;
    const view = read.call(this);
    if (Buffer.isBuffer(view)) return Buffer.from(view);
    const { buffer, byteOffset, byteLength } = view;
    const copy = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    return new (view.constructor as new (memory: ArrayBuffer) => NodeJS.ArrayBufferView)(copy);
  }
}

/** -1: V8 is needed. */
function plainBytes(args: readonly unknown[]): number {
  if (args.length > MOST_PLAIN) return -1;
  let bytes = 2;
  for (const value of args) {
    switch (typeof value) {
      case 'string':
        // A lone surrogate has no UTF-8.
        if (!(value as WellFormed).isWellFormed()) return -1;
        bytes += HEAD_BYTES + Buffer.byteLength(value);
        break;
      case 'number':
        bytes += isInt32(value) ? 5 : 9;
        break;
      case 'boolean':
      case 'undefined':
        bytes += 1;
        break;
      case 'object':
        if (value === null) bytes += 1;
        else if (isBuffer(value)) bytes += HEAD_BYTES + value.length;
        else return -1;
        break;
      default:
        return -1;
    }
  }
  return bytes;
}

function writePlain(prefix: Buffer, args: readonly unknown[], bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(prefix.length + bytes);
  prefix.copy(buffer);
  let at = prefix.length;
  buffer[at++] = PLAIN;
  buffer[at++] = args.length;
  for (const value of args) {
    if (typeof value === 'string') {
      buffer[at] = Tag.string;
      const length = buffer.write(value, at + HEAD_BYTES);
      buffer.writeUInt32LE(length, at + 1);
      at += HEAD_BYTES + length;
    } else if (typeof value === 'number') {
      const isInt = isInt32(value);
      buffer[at] = isInt ? Tag.int32 : Tag.double;
      at = isInt ? buffer.writeInt32LE(value, at + 1) : buffer.writeDoubleLE(value, at + 1);
    } else if (value instanceof Uint8Array) {
      buffer[at] = Tag.buffer;
      buffer.writeUInt32LE(value.length, at + 1);
      buffer.set(value, at + HEAD_BYTES);
      at += HEAD_BYTES + value.length;
    } else {
      buffer[at++] = constantTag(value);
    }
  }
  return buffer;
}

function constantTag(value: unknown): number {
  if (value === undefined) return Tag.undefined;
  if (value === null) return Tag.null;
  return value === true ? Tag.true : Tag.false;
}

function readPlain(bytes: Buffer, start: number): unknown[] {
  const count = bytes[start] ?? 0;
  const args: unknown[] = [];
  let at = start + 1;
  for (let index = 0; index < count; index++) {
    const tag = bytes[at++];
    switch (tag) {
      case Tag.undefined:
        args.push(undefined);
        break;
      case Tag.null:
        args.push(null);
        break;
      case Tag.true:
      case Tag.false:
        args.push(tag === Tag.true);
        break;
      case Tag.int32:
        args.push(bytes.readInt32LE(at));
        at += 4;
        break;
      case Tag.double:
        args.push(bytes.readDoubleLE(at));
        at += 8;
        break;
      case Tag.string:
      case Tag.buffer: {
        const length = bytes.readUInt32LE(at);
        at += 4;
        if (length > bytes.length - at) throw new Error('a value longer than its frame');
        args.push(
          tag === Tag.string
            ? bytes.toString('utf8', at, at + length)
            : Buffer.from(bytes.subarray(at, at + length)),
        );
        at += length;
        break;
      }
      default:
        throw new Error(`a value of the unknown kind ${tag}`);
    }
  }
  return args;
}

function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0);
}

/** Of a subclass V8 makes something else; memory that is shared cannot be cloned. */
function isBuffer(value: object): value is Buffer {
  return (
    Object.getPrototypeOf(value) === Buffer.prototype &&
    (value as Buffer).buffer instanceof ArrayBuffer
  );
}
