/** The worker's end of ../messages.ts. Nothing here keeps the process running. */

import { before } from '../../hidden-listeners.js';
import { asSuperviseMessage, type ToSupervisor, type ToWorker } from '../messages.js';

/** As it was before the program could replace it. */
const send = process.send?.bind(process);

/** Written at once where the channel has room, so that it gets out of a process that is dying. */
export function tellPrimary(message: ToSupervisor): void {
  // A primary that is gone, or has disconnected, does not want it any more.
  if (process.connected) send?.(message, undefined, undefined, () => {});
}

/** Calls back with what the primary sends. It is rondo's own, so its fields are as they should be. */
export function onPrimaryMessage(listener: (message: ToWorker) => void): void {
  before(process, 'internalMessage', (raw: unknown) => {
    const message = asSuperviseMessage(raw);
    if (message !== null) listener(message as ToWorker);
  });
}
