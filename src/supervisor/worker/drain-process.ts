/** The drain of a whole worker: its process is told, too, and of its servers those that listen by themselves. */

import type { Connections } from '../../drain/connections.js';
import { Drain, type DrainHost, emitDrain } from '../../drain/drain.js';
import { stopListening } from '../../drain/listening.js';
import type { DrainSettings } from '../../drain/types.js';
import { channelName } from '../../worker/environment.js';

export function drainProcess(
  connections: Connections,
  settings: DrainSettings,
  host: DrainHost,
): Drain {
  // The primary keeps what it hands over from coming.
  stopListening(connections.servers, ({ fd }) => channelName === undefined || fd !== undefined);
  emitDrain(process, settings.drainTimeoutMs);
  return new Drain(connections, settings, host);
}
