/** What of a Supervisor's events goes to `rondo:worker` and `rondo:reload`. */

import { channels } from '../channels.js';
import type { SupervisorEvents } from './types.js';

const DETAILS: Partial<Record<keyof SupervisorEvents, string>> = {
  'worker:error': 'stack',
  'worker:hung': 'ageMs',
  'worker:awaited': 'awaited',
};

export function publishEvent(name: keyof SupervisorEvents, args: readonly unknown[]): void {
  const [kind, event] = name.split(':');
  if (kind === 'worker' && channels.worker.hasSubscribers) {
    const detail = DETAILS[name];
    channels.worker.publish({
      event,
      worker: args[0],
      ...(detail !== undefined && { [detail]: args[1] }),
    });
  } else if (kind === 'reload' && channels.reload.hasSubscribers) {
    channels.reload.publish({ event, ...(args[0] instanceof Error && { error: args[0] }) });
  }
}
