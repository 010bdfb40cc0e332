/** A log as a stream of lines of JSON, to readers that read. */

import type { ServerResponse } from 'node:http';
import { RequestError } from './answering.js';
import type { EventLog } from './event-log.js';

const MOST_READERS = 16;
/** What waits for a reader; one with more is closed. */
const MOST_WAITING_BYTES = 2 * 1024 * 1024;

export class Followers {
  readonly #log: EventLog;
  readonly #onUnread: () => void;
  #count = 0;

  constructor(log: EventLog, onUnread: () => void) {
    this.#log = log;
    this.#onUnread = onUnread;
  }

  /** Until the client closes it. Throws a {@link RequestError} when there are many. */
  add(response: ServerResponse, last: number): void {
    if (this.#count >= MOST_READERS) {
      throw new RequestError(503, `${MOST_READERS} clients follow the log already`);
    }
    this.#count++;
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    response.flushHeaders();
    for (const record of this.#log.last(last)) response.write(`${JSON.stringify(record)}\n`);
    const end = this.#log.follow((_record, line) => {
      writeAtOnce(response, line);
      if (response.writableLength <= MOST_WAITING_BYTES) return;
      // Once, though more lines may come before it is closed.
      end();
      this.#onUnread();
      response.destroy();
    });
    response.once('close', () => {
      this.#count--;
      end();
    });
  }
}

/** And not at the end of this turn of the loop: with its last line the process may end. */
function writeAtOnce(response: ServerResponse, line: string): void {
  // Corked already, it is not corked by write(); the socket, so that the parts of a chunk are one write.
  const { socket } = response;
  socket?.cork();
  response.cork();
  response.write(line);
  response.uncork();
  socket?.uncork();
}
