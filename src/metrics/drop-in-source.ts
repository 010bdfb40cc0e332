/**
 * The metrics of a primary that is no Supervisor. Its workers have no seats of rondo's, so the label is what the host of the
 * program calls a worker's place, and without such a name the number of its slot, which the next worker takes over.
 * What was counted of a place stays with it.
 */

import type { ClusterPrimary, Forked } from '../cluster/primary.js';
import { addCounters, newFigures, type Tally } from '../dispatcher/tally.js';
import { Figure, type SlotFigures } from '../native/figures.js';
import { VERSION } from '../version.js';
import {
  COUNTED,
  GAUGES,
  rounded,
  writeAddresses,
  writeDealing,
  writeHandoffs,
} from './connections.js';
import { type Exposition, labelsOf, type MetricSource } from './exposition.js';
import { placeOf } from './places.js';
import type { Identity } from './program/workers.js';

interface Account {
  readonly labels: string;
  /** Of processes of which nothing is left. */
  readonly past: SlotFigures;
  readonly tallies: Set<Tally>;
  starts: number;
}

interface Place {
  readonly labels: string;
  readonly starts: number;
  readonly alive: number;
  /** Over all processes there have been. */
  readonly sums: SlotFigures;
}

export class DropInSource implements MetricSource {
  readonly #primary: ClusterPrimary;
  readonly #accounts = new Map<string, Account>();
  readonly #workers = new Map<number, Identity>();

  constructor(primary: ClusterPrimary) {
    this.#primary = primary;
    primary.onFork((forked) => this.#onFork(forked));
  }

  /** Those that are alive, by their pids. */
  workers(): ReadonlyMap<number, Identity> {
    return this.#workers;
  }

  write(into: Exposition): void {
    const { dispatcher } = this.#primary;
    into.family({
      name: 'rondo_build_info',
      type: 'gauge',
      help: 'The versions that the primary runs; always 1.',
    });
    into.gauge(labelsOf({ rondo: VERSION, node: process.versions.node }), 1);
    into.family({
      name: 'rondo_start_time_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'When the primary began, since 1970.',
    });
    into.gauge('', performance.timeOrigin / 1_000);
    writeDealing(into, dispatcher);
    writeAddresses(into, dispatcher.listenerTotals());
    this.#writePlaces(into);
  }

  #onFork({ worker, slot, env }: Forked): void {
    const { pid } = worker.process;
    const { tally } = slot;
    // It could not be started.
    if (pid === undefined || tally === null) return;
    const identity = placeOf(env, slot.id);
    const account = this.#account(identity);
    account.starts++;
    account.tallies.add(tally);
    this.#workers.set(pid, identity);
    tally.whenFinal(() => {
      account.tallies.delete(tally);
      addCounters(account.past, tally.figures());
      this.#workers.delete(pid);
    });
  }

  #account({ seat, extra }: Identity): Account {
    const labels = labelsOf({ seat: seat as string, ...extra });
    let account = this.#accounts.get(labels);
    if (account === undefined) {
      account = { labels, past: newFigures(), tallies: new Set(), starts: 0 };
      this.#accounts.set(labels, account);
    }
    return account;
  }

  #places(): Place[] {
    return [...this.#accounts.values()].map(({ labels, past, tallies, starts }) => {
      const sums = past.slice() as SlotFigures;
      for (const tally of tallies) {
        const figures = tally.figures();
        addCounters(sums, figures);
        sums[Figure.open] += figures[Figure.open];
        sums[Figure.pending] += figures[Figure.pending];
      }
      return { labels, starts, alive: tallies.size, sums };
    });
  }

  #writePlaces(into: Exposition): void {
    const places = this.#places();
    for (const { key, name, help } of COUNTED) {
      into.family({ name, type: 'counter', help });
      for (const { labels, sums } of places) into.counter(labels, sums[Figure[key]]);
    }
    for (const { key, name, help } of GAUGES) {
      into.family({ name, type: 'gauge', help });
      for (const { labels, sums } of places) into.gauge(labels, sums[Figure[key]]);
    }
    writeHandoffs(into, places);
    into.family({
      name: 'rondo_worker_starts',
      type: 'counter',
      help: 'Worker processes started, the first one included.',
    });
    for (const { labels, starts } of places) into.counter(labels, starts);
    into.family({
      name: 'rondo_worker_cpu_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'User and system time of all processes of the seat.',
    });
    for (const { labels, sums } of places) into.counter(labels, rounded(sums[Figure.cpuNs] * 1e-9));
    into.family({ name: 'rondo_workers', type: 'gauge', help: 'Worker processes that are alive.' });
    for (const { labels, alive } of places) into.gauge(labels, alive);
  }
}
