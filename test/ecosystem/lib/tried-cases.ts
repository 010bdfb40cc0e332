/**
 * Programs that run many cases in one go and tell the outcome of each: every case must have one with the preload that it
 * has in plain Node. The whole is repeated as long as one has not.
 */

import type { Test } from 'tap';
import { REGISTER } from '../../fixtures/cluster.js';
import { type ProcessRecord, recordedRun } from '../../fixtures/recorded-run.js';
import { recorded } from './results.js';

const TRIES = 4;
const LIMIT_MS = 60_000;

/** By the name of the case. */
export type Outcomes = Map<string, string>;

export interface Cases {
  /** Whose they are, in docs/compatibility.md. */
  name: string;
  /** Before the name of a case there. */
  part: string;
  args: string[];
  cwd: string;
  outcomes(records: ProcessRecord[]): Outcomes;
  /** For the run with the preload. */
  envOnRondo?: NodeJS.ProcessEnv;
  /** What is right, in place of what plain Node does: it loses connections. */
  right?: Readonly<Record<string, string>>;
  /** Whether an outcome is right, whatever plain Node's is: a test that measures time may fail there only. */
  passes?(outcome: string): boolean;
  /** How an outcome of plain Node is called; by default `alike`. */
  called?(outcome: string): string;
}

export async function casesAlike(t: Test, cases: Cases): Promise<void> {
  const plain: Outcomes[] = [];
  const rondo: Outcomes[] = [];
  const { right = {}, passes } = cases;
  const isGood = (name: string, outcome = ''): boolean => {
    if (right[name] !== undefined) return outcome === right[name];
    return passes?.(outcome) === true || plain.some((other) => other.get(name) === outcome);
  };
  const isAlike = (name: string): boolean => rondo.some((one) => isGood(name, one.get(name)));
  let names: string[] = [];
  do {
    plain.push(await outcomesOf(cases, []));
    rondo.push(await outcomesOf(cases, ['--import', REGISTER], cases.envOnRondo));
    names = [...(plain[0]?.keys() ?? [])];
  } while (!names.every(isAlike) && plain.length < TRIES);
  t.ok(names.length > 1, 'there are cases');
  for (const name of names) {
    const first = plain[0]?.get(name) ?? '';
    const compared = recorded(cases.name, `${cases.part}: ${name}`, async (t) => {
      if (isAlike(name)) t.pass('alike');
      else t.same(rondo[0]?.get(name), right[name] ?? first, `${plain.length} times`);
      return cases.called?.(first) ?? 'alike';
    });
    await t.test(name, compared);
  }
}

async function outcomesOf(
  { args, cwd, outcomes }: Cases,
  nodeOptions: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Outcomes> {
  return outcomes(await recordedRun({ args, cwd, nodeOptions, env, limitMs: LIMIT_MS }));
}
