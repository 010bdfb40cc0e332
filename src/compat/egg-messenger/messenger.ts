/**
 * The messenger of this process, over `rondo/hub`: from app to agent and from app to app directly, to the parent by way
 * of the primary. What is sent before this process has joined waits.
 */

import { rendezvous } from '../../hub/environment.js';
import { hub } from '../../hub/index.js';
import {
  destination,
  isMessage,
  JOINED,
  type Message,
  type Party,
  toParty,
  toPid,
  WHO_IS_THERE,
} from './messages.js';
import { Sending } from './sending.js';

/** Of an app, an agent or, in the primary, the master. */
export class Messenger extends Sending {
  /** What this process is. Whatever is neither the primary nor the Supervisor's agent is an app. */
  readonly party: Exclude<Party, 'parent'>;
  readonly pid = String(process.pid);
  #waiting: Message[] | null = [];
  #onParentMessage: ((message: unknown) => void) | null = null;

  constructor() {
    super();
    const { role } = rendezvous();
    this.party = role === 'primary' ? 'master' : role === 'agent' ? 'agent' : 'app';
    hub.on(toParty(this.party), this.#onMessage);
    hub.on(toPid(this.pid), this.#onMessage);
    if (this.party === 'master') this.#hearParent();
    else hub.on(WHO_IS_THERE, this.#sayJoined);
    hub.ready().then(
      () => this.#onJoined(),
      () => {},
    );
  }

  /** To one app, whichever; from an app, to the agent. Nothing happens if there is none. */
  sendRandom(action: string, data?: unknown): this {
    if (this.party === 'app') return this.sendToAgent(action, data);
    const apps = hub.members().filter(({ role }) => role === 'worker');
    const app = apps[Math.floor(Math.random() * apps.length)];
    return app === undefined ? this : this.sendTo(app.pid, action, data);
  }

  /** Nothing comes any more. */
  close(): void {
    for (const event of [toParty(this.party), toPid(this.pid)]) hub.off(event, this.#onMessage);
    hub.off(WHO_IS_THERE, this.#sayJoined);
    hub.off(toParty('parent'), this.#toParent);
    if (this.#onParentMessage !== null) process.off('message', this.#onParentMessage);
    this.removeAllListeners();
  }

  protected override post(message: Message): void {
    if (this.#waiting === null) this.#route({ ...message, from: message.from ?? this.party });
    // It may be changed before it is sent.
    else this.#waiting.push(structuredClone(message));
  }

  #route(message: Message): void {
    const { receiverPid } = message;
    if (receiverPid !== undefined) {
      if (receiverPid === this.pid) this.#toSelf(message);
      else hub.emit(toPid(receiverPid), message);
      return;
    }
    const to = destination(message, message.from ?? this.party);
    if (to === null) return;
    if (to === this.party) this.#toSelf(message);
    // There is one master.
    if (to === 'parent' && this.party === 'master') this.#toParent(message);
    else if (to !== 'master' || this.party !== 'master') hub.emit(toParty(to), message);
  }

  /** A copy, and later, as it would come from another process. */
  #toSelf(message: Message): void {
    const copy = structuredClone(message);
    setImmediate(() => this.arrive(copy));
  }

  readonly #onMessage = (message: unknown): void => {
    if (isMessage(message)) this.arrive(message);
  };

  readonly #sayJoined = (): void => {
    if (this.#waiting === null) hub.emit(JOINED, Number(this.pid), this.party);
  };

  #onJoined(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    if (this.party === 'master') hub.emit(WHO_IS_THERE);
    else this.#sayJoined();
    for (const message of waiting) this.post(message);
  }

  #hearParent(): void {
    hub.on(toParty('parent'), this.#toParent);
    if (process.send === undefined) return;
    this.#onParentMessage = (message) => {
      if (isMessage(message)) this.post({ ...message, from: 'parent' });
    };
    process.on('message', this.#onParentMessage);
  }

  readonly #toParent = (message: unknown): void => {
    // What the parent has ended or cannot read is lost, as with process.send().
    if (process.connected === true) process.send?.(message, undefined, undefined, () => {});
  };
}
