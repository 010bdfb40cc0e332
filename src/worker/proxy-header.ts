/** Which connections began with a PROXY header, and what that said. */

import type { Duplex } from 'node:stream';
import type { About, ProxyHeader } from './about.js';

interface Handle {
  /** Of one that TLS reads from. */
  _parent?: Handle | null;
}

const abouts = new WeakMap<object, About>();

/** Of sockets that were asked for: once they are closed they have no handle. */
const known = new WeakMap<object, ProxyHeader>();

export function noteAbout(handle: object, about: About): void {
  abouts.set(handle, about);
}

export function aboutOf(handle: object): About | undefined {
  return abouts.get(handle);
}

export function proxyHeader(socket: Duplex): ProxyHeader | null {
  const before = known.get(socket);
  if (before !== undefined) return before;
  let handle = (socket as Duplex & { _handle?: Handle | null })._handle;
  while (handle != null) {
    const about = abouts.get(handle);
    if (about !== undefined) {
      known.set(socket, about.header);
      return about.header;
    }
    handle = handle._parent;
  }
  return null;
}
