/** On a terminal: how far the start is, in one line that is written over and then removed. */

import type { WriteStream } from 'node:tty';
import type { Supervisor } from '../supervisor/supervisor.js';

/** Only for a terminal; `stream` is what the log lines go to. */
export class Progress {
  readonly #stream: WriteStream;
  #text = '';

  constructor(supervisor: Supervisor, stream: WriteStream) {
    this.#stream = stream;
    let ready = 0;
    const show = (): void => {
      const done = '■'.repeat(ready) + '□'.repeat(Math.max(0, supervisor.workers - ready));
      this.#show(supervisor.workers > 64 ? '' : ` ${done}`, ready, supervisor.workers);
    };
    const onReady = (): void => {
      ready++;
      show();
      if (ready >= supervisor.workers) stop();
    };
    const stop = (): void => {
      supervisor.off('worker:ready', onReady);
      this.#text = '';
      this.#clear();
    };
    supervisor.on('worker:ready', onReady);
    supervisor.once('failed', stop);
    supervisor.once('stopping', stop);
    supervisor.once('worker:starting', show);
  }

  /** A log line, above the progress. */
  write(line: string): void {
    this.#clear();
    this.#stream.write(`${line}\n${this.#text}`);
  }

  #show(bar: string, ready: number, workers: number): void {
    this.#clear();
    this.#text = `starting${bar} ${ready} of ${workers} workers ready`;
    this.#stream.write(this.#text);
  }

  #clear(): void {
    this.#stream.write('\r\x1b[K');
  }
}
