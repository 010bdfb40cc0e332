/** Async iteration of an event's messages: what has come waits here, as much as may wait for a reader. */

/** An iterator, and what puts a message into it. */
export interface EventIterator {
  readonly iterator: AsyncIterableIterator<unknown[]>;
  push(args: unknown[]): void;
  end(): void;
}

export interface EventIteratorHost {
  readonly signal: AbortSignal | undefined;
  maxWaiting(): number;
  onDropped(): void;
  /** Once, however it ends. */
  onEnd(): void;
}

type Result = IteratorResult<unknown[], undefined>;

const DONE: Result = { value: undefined, done: true };

export function iterateEvents(host: EventIteratorHost): EventIterator {
  const { signal } = host;
  let waiting: unknown[][] = [];
  let takers: Array<{ resolve(result: Result): void; reject(error: unknown): void }> = [];
  let isEnded = false;
  /** Told to who asks next, once. */
  let failure: { reason: unknown } | null = null;

  const end = (): void => {
    if (isEnded) return;
    isEnded = true;
    signal?.removeEventListener('abort', abort);
    host.onEnd();
    for (const { resolve } of takers) resolve(DONE);
    takers = [];
  };
  const abort = (): void => {
    const reason: unknown = signal?.reason;
    const taker = takers.shift();
    waiting = [];
    if (taker === undefined) failure = { reason };
    else taker.reject(reason);
    end();
  };
  const iterator: AsyncIterableIterator<unknown[]> = {
    next() {
      const value = waiting.shift();
      if (value !== undefined) return Promise.resolve({ value, done: false });
      if (failure !== null) {
        const { reason } = failure;
        failure = null;
        return Promise.reject(reason);
      }
      if (isEnded) return Promise.resolve(DONE);
      return new Promise((resolve, reject) => takers.push({ resolve, reject }));
    },
    return() {
      waiting = [];
      end();
      return Promise.resolve(DONE);
    },
    [Symbol.asyncIterator]() {
      return iterator;
    },
  };
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return {
    iterator,
    end,
    push(args) {
      const taker = takers.shift();
      if (taker !== undefined) return taker.resolve({ value: args, done: false });
      waiting.push(args);
      if (waiting.length <= host.maxWaiting()) return;
      waiting.shift();
      host.onDropped();
    },
  };
}
