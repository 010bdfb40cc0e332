/**
 * Policies and routes that are functions, on the native transport: the engine parks the connections they
 * are to decide on, and their answers name a slot or a listener for each. In batches, on the primary's event
 * loop; the engine does not wait for longer than `pickTimeoutMs`.
 */

import { type NativeEngine, type PickRequest, Question } from '../../native/engine.js';
import type { PickSlot } from '../../types/policy.js';
import type { Peer, Routed, SlotCounts, TransportEvents } from '../transport.js';

export class Picks {
  readonly #engine: NativeEngine;
  readonly #countsOf: (slot: number) => SlotCounts;
  readonly #events: TransportEvents;
  readonly #weights = new Map<number, number>();
  /** Slots that serve something, with the generation that does. */
  readonly #serving = new Map<number, number>();

  constructor(
    engine: NativeEngine,
    countsOf: (slot: number) => SlotCounts,
    events: TransportEvents,
  ) {
    this.#engine = engine;
    this.#countsOf = countsOf;
    this.#events = events;
  }

  setWeight(slot: number, weight: number): void {
    this.#weights.set(slot, weight);
  }

  onServing(slot: number, generation: number, listeners: number): void {
    // What comes late, of a former generation, is news of nobody.
    if (generation < (this.#serving.get(slot) ?? 0)) return;
    if (listeners > 0) this.#serving.set(slot, generation);
    else this.#serving.delete(slot);
  }

  /** What has come since the last time: one function after the other. */
  answer(): void {
    const groups = new Map<string, PickRequest[]>();
    for (const request of this.#engine.takePicks()) {
      const key = `${request.question} ${request.listener}`;
      const requests = groups.get(key);
      if (requests === undefined) groups.set(key, [request]);
      else requests.push(request);
    }
    for (const requests of groups.values()) {
      const tickets = requests.map(({ ticket }) => ticket);
      this.#engine.answerPicks(tickets, this.#ask(requests));
    }
  }

  /** Of one listener, and with the same question. */
  #ask(requests: readonly PickRequest[]): number[] {
    const [{ question, listener } = { question: Question.slot, listener: -1 }] = requests;
    if (question === Question.listener) {
      return this.#events.onRoute(listener, requests.map(routedOf));
    }
    // Anew for each: the answers before may have been carried out.
    return this.#events.onPick(listener, requests.map(peerOf), this.#slots());
  }

  #slots(): PickSlot[] {
    const ids = [...this.#serving.keys()].sort((a, b) => a - b);
    return ids.map((id) => {
      const { open, pending, loopDelayMs, utilisation } = this.#countsOf(id);
      return { id, open, pending, loopDelayMs, utilisation, weight: this.#weights.get(id) ?? 1 };
    });
  }
}

function routedOf(request: PickRequest): Routed {
  const { host, isTls } = request;
  return { ...peerOf(request), host: host === '' ? null : host, encrypted: isTls };
}

function peerOf({ family, address, port }: PickRequest): Peer {
  if (family !== 4 && family !== 6) return { address: null, port: 0, family: null };
  return { address, port, family: `IPv${family}` };
}
