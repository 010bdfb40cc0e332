/**
 * Messages by which a package in a worker relies on itself in the primary. A program that `rondo start` runs has no primary
 * of its own: what it sends there would be lost without a word.
 */

import cluster from 'node:cluster';

/** Of log4js, which writes nothing in a worker: the primary is to write it. */
const LOG4JS = 'log4js:message';

let hasWarned = false;

/** Once. Nothing where the program that embeds the Supervisor listens. */
export function warnIfUnread(message: unknown): void {
  if (hasWarned || (message as { topic?: unknown } | null)?.topic !== LOG4JS) return;
  if (cluster.listenerCount('message') > 0) return;
  hasWarned = true;
  process.emitWarning(
    "log4js in a worker sends its log to the primary, where nothing writes it: configure it with 'disableClustering: true'",
    { type: 'RondoWarning', code: 'RONDO_UNREAD_MESSAGE' },
  );
}
