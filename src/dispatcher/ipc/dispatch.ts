/**
 * One connection's way on the ipc transport: accept() ▶ deal() ▶ place.ts: pick, and hand off. What
 * native/engine/dispatch.cc is to the engine. Every event (a connection came, room was made, a worker came
 * or went, something is due) ends in a call of deal().
 */

import type { DealingOptions, TransportOptions } from '../transport.js';
import { Alarm } from './alarm.js';
import { type AskingUser, ask } from './asking.js';
import { clockMs } from './clock.js';
import type { Connection } from './connection.js';
import type { ListenerQueue } from './listener-queue.js';
import { ListenerQueues } from './listener-queues.js';
import { Placing, type Round } from './place.js';
import { Queue } from './queue.js';
import type { IpcSlot } from './slot.js';
import { Starvation, type StarvationUser } from './starvation.js';

export interface DealerUser extends StarvationUser, AskingUser {
  /** Dealt once more. */
  onRedealt(listener: number): void;
  /** Closed here, because every worker refused it or nobody can serve it any more. */
  onClosed(listener: number): void;
  onTurnedAway(listener: number): void;
}

const TICK_MS = 50;
/** When it is looked again whether those that others are held for have caught up. */
const HOLD_MS = 2;
const MOST_RETURNED_PER_ROUND = 256;
const NEVER = Number.POSITIVE_INFINITY;

export class IpcDealer {
  #options: TransportOptions;
  readonly #user: DealerUser;
  readonly #placing: Placing;
  readonly #starvation: Starvation;
  readonly #alarm = new Alarm(() => this.deal());
  readonly #queues = new ListenerQueues();
  /** Refused, reclaimed or not sent, or parked for too long: dealt before anything new. */
  readonly #returned = new Queue<Connection>();
  #state: 'dealing' | 'paused' | 'closed' = 'dealing';
  #ticker: NodeJS.Timeout | null = null;
  #asking: NodeJS.Immediate | null = null;

  constructor(options: TransportOptions, user: DealerUser) {
    this.#options = options;
    this.#user = user;
    this.#placing = new Placing(options);
    this.#starvation = new Starvation(user);
  }

  configure(options: TransportOptions): void {
    this.#options = options;
    this.#placing.configure(options);
    this.deal();
  }

  get waiting(): number {
    return this.#queues.waiting + this.#returned.size + this.#placing.parked.size;
  }

  get starvedMs(): number {
    return this.#starvation.totalMs;
  }

  addSlot(slot: IpcSlot): void {
    this.#placing.addSlot(slot);
  }

  removeSlot(slot: IpcSlot): void {
    this.#placing.removeSlot(slot);
  }

  /** It serves other listeners than before, `begun` among them; deal() is to follow. */
  noteServing(slot: IpcSlot, begun: readonly number[]): void {
    this.#placing.noteServing();
    for (const id of begun) this.#queues.get(id)?.turn.welcome(slot);
  }

  addListener(id: number, options: DealingOptions): void {
    this.#queues.add(id, options);
  }

  configureListener(id: number, options: DealingOptions): void {
    this.#queues.get(id)?.configure(options);
    this.deal();
  }

  /** What waits for it is closed: the workers are about to forget it. */
  removeListener(id: number): void {
    const queue = this.#queues.remove(id);
    const parked = this.#placing.parked.take(({ listener }) => listener === id);
    for (const connection of [...(queue?.drain() ?? []), ...parked, ...this.#returned.drain()]) {
      if (connection.listener === id) this.#close(connection);
      else this.#returned.push(connection);
    }
    this.deal();
  }

  accept(connection: Connection): void {
    const queue = this.#queues.get(connection.listener);
    if (queue === undefined) {
      this.#close(connection);
    } else {
      const isFirst = queue.size === 0;
      queue.push(connection);
      // Behind others it waits for what they wait for, which ends in a call of deal().
      if (isFirst) this.deal();
    }
  }

  /** A worker sent it back, or did not get it (`from`); deal() is to follow. */
  takeBack(connection: Connection, from: IpcSlot | null): void {
    const queue = this.#queues.get(connection.listener);
    if (queue === undefined) return this.#close(connection);
    if (from !== null) queue.turn.undo(connection, from);
    connection.named = null;
    connection.mayWait = false;
    connection.queuedAt = clockMs();
    // It had been received.
    if (from === null) connection.acceptedAt = connection.queuedAt;
    this.#returned.push(connection);
  }

  /** Not at the hand-off: a worker without an fd sends back what it is handed, again and again. */
  noteReceived(): void {
    this.#starvation.noteHandOff();
  }

  pause(): void {
    if (this.#state === 'dealing') this.#state = 'paused';
    this.deal();
  }

  resume(): void {
    if (this.#state === 'paused') this.#state = 'dealing';
    this.deal();
  }

  close(): void {
    this.#state = 'closed';
    for (const { id } of this.#queues.all) this.removeListener(id);
    this.#starvation.note(false);
    this.#keepTicking(false);
    this.#alarm.stop();
    if (this.#asking !== null) clearImmediate(this.#asking);
  }

  deal(): void {
    if (this.#state === 'closed') return;
    const round: Round = { now: clockMs(), isStarved: false, heldSince: null };
    for (const connection of this.#placing.placeParked((one) => this.#queueOf(one), round)) {
      this.#returned.push(connection);
    }
    this.#dealReturned(round);
    if (this.#state === 'dealing') {
      this.#queues.deal((queue) => this.#dealFirst(queue, round));
      this.#askSoon();
    }
    this.#finish(round);
  }

  #dealReturned(round: Round): void {
    const count = Math.min(this.#returned.size, MOST_RETURNED_PER_ROUND);
    for (let i = 0; i < count; i++) {
      const connection = this.#returned.shift() as Connection;
      const { wasDealt } = connection;
      if (this.#placing.isRefusedByAll(connection)) this.#close(connection);
      else if (!this.#place(connection, round)) this.#returned.push(connection);
      else if (wasDealt) this.#user.onRedealt(connection.listener);
    }
  }

  /** False: there is none, or it waits on. */
  #dealFirst(queue: ListenerQueue, round: Round): boolean {
    const { first } = queue;
    if (first === undefined) return false;
    if (queue.isFirstDecided) return this.#place(first, round);
    // Its policy has not been asked yet, but it can meet a limit.
    const obstacle = this.#placing.obstacle(queue);
    if (obstacle !== null) round.isStarved = true;
    return this.#turnAway(first, obstacle === 'limit', round);
  }

  #place(connection: Connection, round: Round): boolean {
    const outcome = this.#placing.place(connection, this.#queueOf(connection), round);
    if (outcome === 'placed' || outcome === 'parked') return true;
    if (outcome !== 'held') round.isStarved = true;
    return this.#turnAway(connection, outcome === 'limit', round);
  }

  #turnAway(connection: Connection, isLimit: boolean, { now }: Round): boolean {
    if (!this.#queueOf(connection).turnAway(connection, isLimit, now)) return false;
    this.#user.onTurnedAway(connection.listener);
    return true;
  }

  #queueOf({ listener }: Connection): ListenerQueue {
    return this.#queues.get(listener) as ListenerQueue;
  }

  #close(connection: Connection): void {
    connection.handle.close();
    this.#user.onClosed(connection.listener);
  }

  // ---- what comes later ----

  #askSoon(): void {
    if (this.#asking !== null) return;
    for (const queue of this.#queues.all) {
      if (queue.undecided === 0 || this.#placing.obstacle(queue) !== null) continue;
      this.#asking = setImmediate(() => this.#ask());
      return;
    }
  }

  #ask(): void {
    this.#asking = null;
    const limits = { window: this.#placing.window, timeoutMs: this.#options.pickTimeoutMs };
    for (const queue of this.#queues.all) {
      const decided = ask(queue, this.#placing.servers(queue.id), limits, this.#user);
      // The function may have closed anything.
      const isOpen = this.#queues.get(queue.id) === queue;
      for (const connection of decided) {
        if (isOpen) queue.decided(connection);
        else this.#close(connection);
      }
    }
    this.deal();
  }

  #finish(round: Round): void {
    this.#placing.finish(round);
    const again = round.heldSince === null ? NEVER : round.now + HOLD_MS;
    // What is not dealt cannot be turned away.
    const deadline = this.#state === 'paused' ? NEVER : this.#queues.deadline;
    this.#alarm.set(Math.min(again, this.#placing.parked.due, deadline), round.now);
    this.#keepTicking(round.isStarved || this.#placing.slots.some((slot) => slot.isBlocked));
    this.#starvation.note(round.isStarved);
  }

  #keepTicking(isNeeded: boolean): void {
    if (isNeeded === (this.#ticker !== null)) return;
    if (this.#ticker !== null) clearInterval(this.#ticker);
    this.#ticker = isNeeded ? setInterval(() => this.#tick(), TICK_MS).unref() : null;
  }

  #tick(): void {
    for (const slot of this.#placing.slots) slot.isBlocked = false;
    this.deal();
    this.#starvation.tick();
  }
}
