/** What all messengers have in common: the ways to name a receiver. */

import { EventEmitter } from 'node:events';
import { checkMessage, checkPid, type Message, type Party } from './messages.js';

/** An emitter of the messages that come: `on(action, (data) => …)`, `once`, `off`. */
export abstract class Sending extends EventEmitter {
  constructor() {
    super();
    // A plugin each may listen for the same action.
    this.setMaxListeners(0);
  }

  /** To all apps and the agent, this process included if it is one of them. */
  broadcast(action: string, data?: unknown): this {
    return this.sendToApp(action, data).sendToAgent(action, data);
  }

  /** To all apps, this process included if it is one. */
  sendToApp(action: string, data?: unknown): this {
    return this.send(action, data, 'app');
  }

  /** To the agent, also if this process is it. */
  sendToAgent(action: string, data?: unknown): this {
    return this.send(action, data, 'agent');
  }

  /** To one process, which may be the master. Nothing happens if it is gone. */
  sendTo(pid: number | string, action: string, data?: unknown): this {
    return this.send({ action, data, receiverPid: checkPid(pid) });
  }

  /** `send(action, data, to)`, or `send({ action, data, to })`. Without `to` by the default rules. */
  send(message: string | Message, data?: unknown, to?: Party): this {
    const whole: Message = typeof message === 'string' ? { action: message, data, to } : message;
    checkMessage(whole);
    this.post(whole);
    return this;
  }

  protected abstract post(message: Message): void;

  /** To the listeners of the action; an `'error'` without any is none of an emitter. */
  protected arrive({ action, data }: Message): void {
    if (this.listenerCount(action) > 0) this.emit(action, data);
  }
}
