/**
 * The connection to the primary, which comes back by itself: after a restart, after an upgrade, and when this tab
 * is looked at again. A primary that is there but says nothing is told from one that is gone.
 */

import type { Hello, Tick } from '../wire.js';

/** Of a tick each half second. */
const SILENT_MS = 3_000;
const GIVE_UP_MS = 10_000;
const RETRY_MS = 2_000;
/** A tab that nobody has looked at for so long costs the primary nothing. */
const HIDDEN_MS = 60_000;

export type Connection = 'live' | 'silent' | 'lost';

export interface Watcher {
  hello(hello: Hello): void;
  tick(tick: Tick): void;
  connection(state: Connection): void;
}

/** For as long as the page is there. */
export function watch(watcher: Watcher): void {
  let source: EventSource | null = null;
  let heardAt = performance.now();
  let hiddenAt: number | null = null;

  const hear = (event: Event): unknown => {
    heardAt = performance.now();
    watcher.connection('live');
    return JSON.parse((event as MessageEvent<string>).data);
  };
  const close = (): void => {
    source?.close();
    source = null;
  };
  const open = (): void => {
    close();
    heardAt = performance.now();
    const opened = new EventSource('events');
    source = opened;
    opened.addEventListener('hello', (event) => watcher.hello(hear(event) as Hello));
    opened.addEventListener('tick', (event) => watcher.tick(hear(event) as Tick));
    opened.addEventListener('error', () => {
      watcher.connection('lost');
      // Refused, for instance because too many watch: the browser does not try again by itself.
      if (opened.readyState === EventSource.CLOSED && source === opened) source = null;
    });
  };
  const look = (): void => {
    const now = performance.now();
    if (hiddenAt !== null && now - hiddenAt > HIDDEN_MS) return close();
    const silentMs = now - heardAt;
    if (source === null ? silentMs > RETRY_MS : silentMs > GIVE_UP_MS) open();
    else if (silentMs > SILENT_MS && source?.readyState === EventSource.OPEN) {
      watcher.connection('silent');
    }
  };
  document.addEventListener('visibilitychange', () => {
    hiddenAt = document.hidden ? performance.now() : null;
    look();
  });
  setInterval(look, 1_000);
  open();
}
