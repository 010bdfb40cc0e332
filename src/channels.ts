/**
 * What rondo tells by Node's `diagnostics_channel`; docs/operate/program-metrics.md lists the messages. A channel that nobody
 * subscribes to costs a comparison. The channels are kept here, so that each is always the same object.
 */

import { type Channel, channel } from 'node:diagnostics_channel';

export const channels = {
  /** In the primary. */
  worker: channel('rondo:worker'),
  reload: channel('rondo:reload'),
  listener: channel('rondo:listener'),
  slot: channel('rondo:slot'),
  refused: channel('rondo:connection:refused'),
  reclaimed: channel('rondo:connection:reclaimed'),
  turnedAway: channel('rondo:connection:turned-away'),
  closed: channel('rondo:connection:closed'),
  /** In a worker. */
  connection: channel('rondo:connection'),
  drain: channel('rondo:drain'),
} as const satisfies Record<string, Channel>;
