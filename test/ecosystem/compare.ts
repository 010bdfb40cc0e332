/**
 * The question of every test here: is a program with the preload the same to its clients as it is on
 * plain Node, does each of its workers serve, and was it rondo that brought them their connections?
 */

import type { Test } from 'tap';
import { type Program, receivedByRondo, type Start } from './program.js';

/** One connection: who served it, and all it was told that should be the same every time. */
export interface Visit {
  worker: number;
  answers: unknown;
}

export type Client = (port: number) => Promise<Visit>;

export async function compare(t: Test, start: Start, client: Client, visits = 20): Promise<void> {
  const plain = await run(t, start, false, client, visits);
  const rondo = await run(t, start, true, client, visits);
  t.equal(plain.received, null, 'plain Node has no scoreboard');
  t.equal(rondo.received, visits, 'with the preload all connections came by rondo');
  t.same(rondo.answers, plain.answers, 'and the answers are the same');
}

async function run(
  t: Test,
  start: Start,
  isRondo: boolean,
  client: Client,
  visits: number,
): Promise<{ answers: unknown; received: number | null }> {
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
): Promise<{ answers: unknown; received: number | null }> {
  const all = await Promise.all(Array.from({ length: visits }, () => client(program.port)));
  const answers = all[0]?.answers;
  t.same(
    all.map((visit) => visit.answers),
    all.map(() => answers),
    `${name}: every visit is answered alike`,
  );
  const workers = new Set(all.map(({ worker }) => worker));
  t.same(sorted(workers), sorted(program.workers), `${name}: every worker serves`);
  return { answers, received: receivedByRondo(program.primary) };
}

function sorted(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}
