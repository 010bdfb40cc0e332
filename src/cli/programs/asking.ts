/** What is asked of the process of one of several programs. It may be stopped or stuck: nobody waits long for it. */

import type { Answer, Question, ToProgram } from './messages.js';

/** A scraper waits for ten seconds by default, and a probe of Kubernetes for one. */
const ANSWER_MS = 900;

/** Questions that wait for a process that does not read them take memory. */
const MOST_UNANSWERED = 10;

interface Waiting {
  question: Question;
  answer: Promise<Answer | null>;
  settle(answer: Answer | null): void;
}

export class Asking {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  /** Since the last answer. */
  #unanswered = 0;

  /** Null if there is no answer in time. Who asks the same meanwhile gets the same answer. */
  ask(question: Question, send: (message: ToProgram) => void): Promise<Answer | null> {
    for (const one of this.#waiting.values()) {
      if (JSON.stringify(one.question) === JSON.stringify(question)) return one.answer;
    }
    if (this.#unanswered >= MOST_UNANSWERED) return Promise.resolve(null);
    this.#unanswered++;
    const id = ++this.#lastId;
    const { promise, resolve } = withResolver();
    const timer = setTimeout(() => settle(null), ANSWER_MS);
    const settle = (answer: Answer | null): void => {
      clearTimeout(timer);
      this.#waiting.delete(id);
      resolve(answer);
    };
    this.#waiting.set(id, { question, answer: promise, settle });
    send({ does: 'ask', id, question });
    return promise;
  }

  /** Late ones, too: the process reads again. */
  hear(id: number, answer: Answer): void {
    this.#unanswered = 0;
    this.#waiting.get(id)?.settle(answer);
  }

  /** The process is another one, or has only now begun to answer. */
  reset(): void {
    this.#unanswered = 0;
    for (const { settle } of this.#waiting.values()) settle(null);
  }
}

function withResolver(): {
  promise: Promise<Answer | null>;
  resolve(answer: Answer | null): void;
} {
  let resolve: (answer: Answer | null) => void = () => {};
  const promise = new Promise<Answer | null>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
