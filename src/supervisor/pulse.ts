/**
 * Whether a worker answers. What is on the scoreboard shows its heartbeat by itself; any other one, such
 * as one that drains or has just begun, is asked.
 */

/** What a worker answers. */
export interface WorkerStatus {
  rssBytes: number;
  connections: number;
}

export class Pulse {
  /** False: it cannot be asked any more. */
  readonly #send: () => boolean;
  #status: WorkerStatus | null = null;
  /** When the question was asked that has no answer yet. */
  #askedAt: number | null = null;
  #onAnswer: (() => void) | null = null;

  constructor(send: () => boolean) {
    this.#send = send;
  }

  /** As it said last. */
  get status(): WorkerStatus | null {
    return this.#status;
  }

  /** For how long it owes an answer. */
  get silentMs(): number {
    return this.#askedAt === null ? 0 : performance.now() - this.#askedAt;
  }

  /** Not again before it has answered, so that one that is stuck does not fill its channel. */
  ask(): void {
    if (this.#askedAt === null && this.#send()) this.#askedAt = performance.now();
  }

  /** Calls back with the answer to a question that is asked from now on, or at once if it cannot be asked. */
  prove(then: () => void): void {
    if (this.#askedAt !== null) {
      this.#onAnswer = () => this.prove(then);
      return;
    }
    this.ask();
    if (this.#askedAt === null) then();
    else this.#onAnswer = then;
  }

  hear(status: WorkerStatus): void {
    this.#askedAt = null;
    this.#status = status;
    const then = this.#onAnswer;
    this.#onAnswer = null;
    then?.();
  }
}
