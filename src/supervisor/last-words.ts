/** What a worker has said of why it fails: its uncaught error, or what it wrote last before it was well. */

import type { SystemErrorFields } from './messages.js';
import { isListenError } from './worker-failure.js';

export class LastWords {
  #text = '';
  #listenError: SystemErrorFields | null = null;

  get text(): string {
    return this.#text;
  }

  /** It cannot listen, and no worker could: the error that it dies of. */
  get listenError(): SystemErrorFields | null {
    return this.#listenError;
  }

  hearError(stack: string, system?: SystemErrorFields): void {
    this.#text = stack;
    if (isListenError(system)) this.#listenError = system;
  }

  /** An error's stack says more than that it was printed. */
  hearOutput(text: string): void {
    if (this.#text === '') this.#text = text;
  }

  /** It may do something about it. */
  hearCannotListen(error: SystemErrorFields): void {
    if (isListenError(error)) this.#listenError = error;
  }

  /** It has found another place. */
  forgetListenError(): void {
    this.#listenError = null;
  }
}
