/**
 * Marks sockets and servers that are rondo's own: nobody drains them, waits for them, or takes them for the
 * program's. The mark is a registered symbol, because two copies of rondo may be in one process.
 */

const OWN = Symbol.for('rondo.own');

export function markOwn<T extends object>(socketOrServer: T): T {
  return Object.defineProperty(socketOrServer, OWN, { value: true });
}

export function isOwn(socketOrServer: object | undefined): boolean {
  return (socketOrServer as { [OWN]?: true } | undefined)?.[OWN] === true;
}
