/** `rondo logs`: the log of a running rondo, for people or as JSON lines. */

import type { LogRecord } from '../../control/answers.js';
import type { Call } from './run-command.js';

export async function logs({ client, print }: Call, count: number): Promise<void> {
  for (const record of await client.logs(count)) print(record, lineOf(record));
}

/** Until the other one ends. */
export async function followLogs({ client, print }: Call, count: number): Promise<void> {
  for await (const record of client.events({ last: count })) print(record, lineOf(record));
}

export async function reopenLog({ client, print }: Call): Promise<void> {
  const { file } = await client.reopenLog();
  print({ file }, `${file} is open anew`);
}

function lineOf({ time, text }: LogRecord): string {
  return `${time} ${text}`;
}
