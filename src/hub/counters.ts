/** What `stats()` tells. */

import type { Session } from './session.js';
import type { HubStats } from './types.js';

/** What links and readers count. */
export interface Counters {
  sent: number;
  received: number;
  dropped: number;
}

export function statsOf(session: Session | null, { sent, received, dropped }: Counters): HubStats {
  const links = session?.links() ?? [];
  return {
    members: session?.peers.size ?? 0,
    links: links.filter(({ isOpen }) => isOpen).length,
    sent,
    received,
    dropped,
    refused: session?.refused ?? 0,
    queued: links.reduce((sum, link) => sum + link.queued, session?.outbox.length ?? 0),
    queuedBytes: links.reduce((sum, link) => sum + link.queuedBytes, session?.outbox.bytes ?? 0),
  };
}
