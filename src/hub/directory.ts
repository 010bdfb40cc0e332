/**
 * The primary's part: who is there, where they listen, and for which events. It tells every member of the others;
 * messages never come through it. It
 * is loaded with the first connection, lives as long as the process, and keeps nothing running.
 */

import type { Socket } from 'node:net';
import {
  type Change,
  checkChange,
  checkIntroduction,
  controlFrame,
  type FromDirectory,
  type Introduction,
  MAX_CONTROL_BYTES,
  readControl,
} from './control.js';
import { Door, type Guest } from './door.js';

/**
 * A member that is stopped takes nothing: when so much waits beside its welcome, it is cut off, and joins anew when it
 * goes on.
 */
const MOST_UNREAD_BYTES = 8 * 1024 * 1024;

/** How long it is waited for those that have not said that they know. */
const KNOWN_MS = 2_000;

/** Waits until all others know of a change. */
interface Telling {
  readonly waiting: Set<Entry>;
  done(): void;
}

interface Entry {
  readonly socket: Socket;
  introduction: Introduction | null;
  maxUnreadBytes: number;
  readonly listens: Set<string>;
  readonly handles: Set<string>;
}

/** What connections to the directory's address are given to. */
export function openDirectory(token: Buffer): Door {
  const directory = new Directory();
  return new Door(token, MAX_CONTROL_BYTES, (socket) => directory.admit(socket));
}

class Directory {
  /** Those that have joined. */
  readonly #entries = new Set<Entry>();
  readonly #tellings = new Map<number, Telling>();
  #lastTag = 0;

  admit(socket: Socket): Guest {
    const entry: Entry = {
      socket,
      introduction: null,
      maxUnreadBytes: MOST_UNREAD_BYTES,
      listens: new Set(),
      handles: new Set(),
    };
    return {
      onFrame: (payload) => this.#onMessage(entry, readControl(payload)),
      onClose: () => this.#onLeft(entry),
    };
  }

  #onMessage(entry: Entry, [type, number, value]: unknown[]): void {
    if (typeof number !== 'number') throw new Error('a message without its number');
    if (type === 'known') return this.#onKnown(number, entry);
    if (type === 'join') return this.#onJoin(entry, number, checkIntroduction(value));
    if (type !== 'change' || entry.introduction === null) throw new Error('an unknown message');
    this.#onChange(entry, number, checkChange(value));
  }

  #onJoin(entry: Entry, version: number, introduction: Introduction): void {
    if (entry.introduction !== null) throw new Error('joined twice');
    // Its former connection broke, and that is not known yet.
    for (const other of this.#entries) {
      if (other.introduction?.id !== introduction.id) continue;
      other.socket.destroy();
      this.#onLeft(other);
    }
    entry.introduction = introduction;
    for (const name of introduction.listens) entry.listens.add(name);
    for (const name of introduction.handles) entry.handles.add(name);
    const welcome = controlFrame(['welcome', [...this.#entries].map(introduced)]);
    entry.maxUnreadBytes += welcome.length;
    this.#write(entry, welcome);
    this.#entries.add(entry);
    this.#tell(entry, version, (tag) => ['joined', tag, introduction]);
  }

  #onChange(entry: Entry, version: number, change: Change): void {
    for (const name of change.listens) entry.listens.add(name);
    for (const name of change.handles) entry.handles.add(name);
    for (const name of change.noListens) entry.listens.delete(name);
    for (const name of change.noHandles) entry.handles.delete(name);
    const { id } = entry.introduction as Introduction;
    this.#tell(entry, version, (tag) => ['changed', tag, id, change]);
  }

  #onLeft(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    const { id } = entry.introduction as Introduction;
    for (const other of this.#entries) this.#send(other, ['left', id]);
    for (const [tag, { waiting }] of this.#tellings) {
      if (waiting.delete(entry)) this.#checkKnown(tag);
    }
  }

  #tell(entry: Entry, version: number, message: (tag: number) => FromDirectory): void {
    const tag = ++this.#lastTag;
    const waiting = new Set([...this.#entries].filter((other) => other !== entry));
    const timer = setTimeout(() => this.#tellings.get(tag)?.done(), KNOWN_MS).unref();
    this.#tellings.set(tag, {
      waiting,
      done: () => {
        clearTimeout(timer);
        this.#tellings.delete(tag);
        this.#send(entry, ['settled', version]);
      },
    });
    const frame = controlFrame(message(tag));
    for (const other of waiting) this.#write(other, frame);
    this.#checkKnown(tag);
  }

  #onKnown(tag: number, entry: Entry): void {
    if (this.#tellings.get(tag)?.waiting.delete(entry) === true) this.#checkKnown(tag);
  }

  #checkKnown(tag: number): void {
    const telling = this.#tellings.get(tag);
    if (telling?.waiting.size === 0) telling.done();
  }

  #send(entry: Entry, message: FromDirectory): void {
    this.#write(entry, controlFrame(message));
  }

  #write({ socket, maxUnreadBytes }: Entry, frame: Buffer): void {
    if (!socket.writable) return;
    if (socket.writableLength > maxUnreadBytes) socket.destroy();
    else socket.write(frame);
  }
}

function introduced({ introduction, listens, handles }: Entry): Introduction {
  return {
    ...(introduction as Introduction),
    listens: [...listens],
    handles: [...handles],
  };
}
