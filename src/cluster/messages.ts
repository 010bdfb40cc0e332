/**
 * What travels between the patched `node:cluster` of the primary and that of a worker: the module's
 * own messages, with one more field. Node's child asks by `queryServer` for a handle and gets an
 * answer; whether connections then come by Node's IPC or by rondo's channel it cannot see.
 */

/** What Node's child asks for; see lib/internal/cluster/child.js, the same in Node 20 to 26. */
export interface QueryServer {
  cmd: 'NODE_CLUSTER';
  act: 'queryServer';
  seq: number;
  /** How often this worker has asked for the same address before: several `listen(0)`. */
  index: number;
  address: string | null;
  /** -1 for a path. */
  port: number;
  addressType: number | string;
  fd: number | undefined;
  flags?: number;
  backlog?: number;
  readableAll?: boolean;
  writableAll?: boolean;
  /** TLS session-ticket keys; the first worker's are everybody's. */
  data: unknown;
  /** The protocol version of a worker that is patched. */
  rondo?: number;
  /** The keys in `data` are the program's own, and it is to keep them. */
  ownTickets?: boolean;
}

/** Answers it. `rondo` is the id of the listener whose connections come by the channel. */
export interface QueryAnswer {
  cmd: 'NODE_CLUSTER';
  ack: number;
  key: string;
  errno: number | null;
  /** With an errno: where it could not listen. */
  failed?: { address: string | null; port: number };
  data?: unknown;
  sockname?: object | null;
  rondo?: number;
}

/** The worker's server has closed. */
export interface CloseServer {
  cmd: 'NODE_CLUSTER';
  act: 'close';
  key: string;
}

/**
 * As Node's primary names a handle; newer ones say which of a worker's it is only where there may be several of that name. An
 * older one does always, and a worker that has failed once shares with nobody then.
 */
export function keyOf(query: QueryServer): string {
  const { address, port, addressType, fd, index } = query;
  const key = `${address}:${port}:${addressType}:${fd}`;
  return port === 0 || (fd ?? -1) >= 0 ? `${key}:${index}` : key;
}

/** The path of a key of that form; '' of a port's. Some end with an index. */
export function pathOfKey(key: string): string {
  return /^(.*):-1:-1:[^:]*(?::\d+)?$/s.exec(key)?.[1] ?? '';
}

export function isClusterMessage(message: unknown): message is { cmd: 'NODE_CLUSTER' } {
  return (message as { cmd?: unknown } | null)?.cmd === 'NODE_CLUSTER';
}

export function isQueryServer(message: { cmd: string }): message is QueryServer {
  return (message as Partial<QueryServer>).act === 'queryServer';
}

export function isCloseServer(message: { cmd: string }): message is CloseServer {
  return (message as Partial<CloseServer>).act === 'close';
}
