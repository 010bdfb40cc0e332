/**
 * The question of every test here: is a program with the preload the same to its clients as it is on
 * plain Node, does each of its workers serve, and was it rondo that brought them their connections?
 */

import type { Test } from 'tap';
import { type Program, receivedByRondo, type Start } from './program.js';

/** One connection: who served it, and all it was told that should be the same every time. */
export interface Visit {
  /** Between two requests it may have moved; on plain Node it cannot. */
  workers: readonly number[];
  answers: unknown;
}

interface Seen {
  answers: unknown;
  received: number | null;
  /** How often a connection was served by another worker than before. */
  moves: number;
}

export type Client = (port: number) => Promise<Visit>;

export async function compare(t: Test, start: Start, client: Client, visits = 20): Promise<void> {
  const plain = await run(t, start, false, client, visits);
  const rondo = await run(t, start, true, client, visits);
  t.equal(plain.received, null, 'plain Node has no scoreboard');
  t.equal(plain.moves, 0, 'on plain Node a connection stays');
  // One that was given back is received again, also if it comes to the same worker.
  const received = rondo.received ?? 0;
  t.ok(
    received >= visits + rondo.moves,
    `with the preload all connections came by rondo: ${received}, of which ${rondo.moves} moved`,
  );
  t.same(rondo.answers, plain.answers, 'and the answers are the same');
}

async function run(
  t: Test,
  start: Start,
  isRondo: boolean,
  client: Client,
  visits: number,
): Promise<Seen> {
  const name = isRondo ? 'with rondo' : 'plain Node';
  const program = await start(isRondo);
  try {
    return await visited(t, name, program, client, visits);
  } finally {
    await program.stop();
  }
}

async function visited(
  t: Test,
  name: string,
  program: Program,
  client: Client,
  visits: number,
): Promise<Seen> {
  const all = await Promise.all(Array.from({ length: visits }, () => client(program.port)));
  const answers = all[0]?.answers;
  t.same(
    all.map((visit) => visit.answers),
    all.map(() => answers),
    `${name}: every visit is answered alike`,
  );
  const workers = new Set(all.flatMap(({ workers }) => workers));
  t.same(sorted(workers), sorted(program.workers), `${name}: every worker serves`);
  const moves = all.reduce((sum, { workers }) => sum + workers.length - 1, 0);
  return { answers, received: receivedByRondo(program.primary), moves };
}

function sorted(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}
