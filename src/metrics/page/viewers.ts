/**
 * Those who have the page open: a bounded number of responses that never end. One that does not read is
 * dropped before much is kept for it.
 */

import type { ServerResponse } from 'node:http';

const MOST_VIEWERS = 32;

/** A page of 512 seats is told 200 kB at a time. */
const MOST_UNREAD_BYTES = 2 * 1024 * 1024;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // For nginx, which would keep the events back.
  'X-Accel-Buffering': 'no',
};

export class Viewers {
  readonly #all = new Set<ServerResponse>();
  readonly #onNone: () => void;

  /** `onNone` is called when the last one has gone. */
  constructor(onNone: () => void) {
    this.#onNone = onNone;
  }

  get count(): number {
    return this.#all.size;
  }

  get isFull(): boolean {
    return this.#all.size >= MOST_VIEWERS;
  }

  add(response: ServerResponse): void {
    this.#all.add(response);
    response.once('close', () => this.#remove(response));
    response.writeHead(200, HEADERS);
    // A browser waits for so long before it connects again.
    response.write('retry: 1000\n\n');
  }

  tell(event: string, data: unknown): void {
    const message = messageOf(event, data);
    for (const response of this.#all) this.#write(response, message);
  }

  tellOne(response: ServerResponse, event: string, data: unknown): void {
    this.#write(response, messageOf(event, data));
  }

  close(): void {
    for (const response of this.#all) response.destroy();
  }

  #write(response: ServerResponse, message: string): void {
    if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
    else response.write(message);
  }

  #remove(response: ServerResponse): void {
    this.#all.delete(response);
    if (this.#all.size === 0) this.#onNone();
  }
}

/** JSON has no line ends of its own. */
function messageOf(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
