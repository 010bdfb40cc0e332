/**
 * Policies that are functions, on the native transport: the engine parks the connections they are to
 * decide on, and their answers name a slot for each. In batches, on the primary's event loop; the engine
 * does not wait for longer than `pickTimeoutMs`.
 */

import type { NativeEngine, PickRequest } from '../../native.js';
import type { PickSlot } from '../../types.js';
import type { Peer, SlotCounts, TransportEvents } from '../transport.js';

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

  /** What has come since the last time, listener by listener. */
  answer(): void {
    const byListener = new Map<number, PickRequest[]>();
    for (const request of this.#engine.takePicks()) {
      const requests = byListener.get(request.listener);
      if (requests === undefined) byListener.set(request.listener, [request]);
      else requests.push(request);
    }
    for (const [listener, requests] of byListener) {
      // Anew for each: the answers before may have been carried out.
      const slots = this.#slots();
      const answers = this.#events.onPick(listener, requests.map(peerOf), slots);
      const tickets = requests.map(({ ticket }) => ticket);
      this.#engine.answerPicks(tickets, answers);
    }
  }

  #slots(): PickSlot[] {
    const ids = [...this.#serving.keys()].sort((a, b) => a - b);
    return ids.map((id) => {
      const { open, pending, loopDelayMs, utilisation } = this.#countsOf(id);
      return { id, open, pending, loopDelayMs, utilisation, weight: this.#weights.get(id) ?? 1 };
    });
  }
}

function peerOf({ family, address, port }: PickRequest): Peer {
  if (family !== 4 && family !== 6) return { address: null, port: 0, family: null };
  return { address, port, family: `IPv${family}` };
}
