/** The metrics of a Dispatcher alone, whose places are slots; a Supervisor's are seats. */

import type { Dispatcher } from '../dispatcher/dispatcher.js';
import { COUNTED, GAUGES, writeAddresses, writeDealing } from './connections.js';
import { type Exposition, labelsOf, type MetricSource } from './exposition.js';

export class DispatcherSource implements MetricSource {
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  write(into: Exposition): void {
    const stats = this.#dispatcher.stats();
    writeDealing(into, this.#dispatcher);
    writeAddresses(into, this.#dispatcher.listenerTotals());
    const slots = stats.slots.map((slot) => ({ ...slot, labels: labelsOf({ slot: slot.id }) }));
    for (const { key, name, help } of COUNTED) {
      into.family({ name, type: 'counter', help });
      for (const slot of slots) into.counter(slot.labels, slot[key]);
    }
    for (const { key, name, help } of GAUGES) {
      into.family({ name, type: 'gauge', help });
      for (const slot of slots) into.gauge(slot.labels, slot[key]);
    }
  }
}
