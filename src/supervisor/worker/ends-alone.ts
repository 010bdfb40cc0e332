/**
 * A worker ends when nothing of its program keeps it running, as it would without a cluster: one that has closed its last
 * server, for instance. node:cluster's own listeners at `process` would keep its IPC channel, and so the worker, for ever.
 * What listens keeps it running by itself, and so does who waits for the primary's answer to listen() (cluster/child.ts).
 */

/** Undocumented: Node.js counts what keeps the channel, and leaves that as soon as `unref()` is called. */
interface CountedChannel {
  unrefCounted?(): void;
}

/** Those events' listeners are counted, */
const COUNTED = ['message', 'disconnect'];

/** by Node's own listeners of these events, which a process without a channel does not have. */
const COUNTING = [
  ['newListener', 'onNewListener'],
  ['removeListener', 'onRemoveListener'],
] as const;

/** Before the program adds its own; they count where somebody may send it messages. */
export function endAlone(isSpokenTo: boolean): void {
  const channel = process.channel as unknown as CountedChannel | undefined;
  if (channel?.unrefCounted === undefined) return;
  const count = COUNTED.reduce((sum, event) => sum + process.listenerCount(event), 0);
  for (let i = 0; i < count; i++) channel.unrefCounted();
  if (isSpokenTo) return;
  for (const [event, name] of COUNTING) {
    for (const listener of process.rawListeners(event as 'newListener')) {
      if (listener.name === name) process.off(event, listener as () => void);
    }
  }
}
