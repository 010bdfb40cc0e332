/** What has become of the last reload, whoever asked for it. */

import type { RondoError } from '../errors.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { LastReload } from './answers.js';

export class ReloadRecord {
  #last: LastReload | null = null;
  #beganAt = 0;

  constructor(supervisor: Supervisor) {
    supervisor.on('reload:begin', () => {
      this.#beganAt = performance.now();
      this.#last = { time: Date.now(), outcome: 'running', ms: 0, error: null };
    });
    supervisor.on('reload:end', () => this.#end('done', null));
    supervisor.on('reload:failed', (error) => this.#end('failed', errorOf(error)));
    supervisor.on('stopping', () => this.#end('stopped', null));
    supervisor.on('failed', () => this.#end('stopped', null));
  }

  get last(): LastReload | null {
    if (this.#last?.outcome !== 'running') return this.#last;
    return { ...this.#last, ms: this.#elapsedMs };
  }

  #end(outcome: LastReload['outcome'], error: LastReload['error']): void {
    if (this.#last?.outcome !== 'running') return;
    this.#last = { ...this.#last, outcome, ms: this.#elapsedMs, error };
  }

  get #elapsedMs(): number {
    return Math.round(performance.now() - this.#beganAt);
  }
}

function errorOf({ code, message, seat, lastOutput }: RondoError): LastReload['error'] {
  return {
    code,
    message,
    ...(seat !== undefined && { seat }),
    ...(lastOutput !== undefined && { lastOutput }),
  };
}
