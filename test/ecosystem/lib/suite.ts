/**
 * Programs of one package, each of which is run in plain Node and with the preload. What each of its processes writes and
 * how it ends must be the same, or what a case makes of it.
 */

import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { REGISTER } from '../../fixtures/cluster.js';
import { type Counts, counted } from '../../fixtures/cluster-counts.js';
import { nativeOnly } from '../../fixtures/harness.js';
import { type ProcessRecord, type RunOptions, recordedRun } from '../../fixtures/recorded-run.js';
import { triedAlike } from '../../fixtures/tried-alike.js';
import { ROOT } from '../program.js';
import { recorded } from './results.js';

const LIMIT_MS = 30_000;

export interface Case {
  name: string;
  /** Of the program; by default its name. */
  args?: string[];
  env?: NodeJS.ProcessEnv;
  during?: RunOptions['during'];
  /** How the primary ends in plain Node; by default with 0. */
  end?: string;
  /** What is compared; by default everything. */
  outcome?(records: ProcessRecord[]): unknown;
}

export function suiteProgram(name: string): string {
  return fileURLToPath(new URL(`../suites/${name}`, import.meta.url));
}

export function suite(name: string, program: string, cases: readonly Case[]): void {
  for (const one of cases) {
    const compared = recorded(name, one.name, (t) => alike(t, program, one));
    test(one.name, nativeOnly, compared);
  }
}

async function alike(t: Test, program: string, one: Case): Promise<string> {
  const { end = '0', outcome = (records: ProcessRecord[]) => records } = one;
  const seen: Array<{ isRondo: boolean; records: ProcessRecord[]; counts: Counts }> = [];
  const { isAlike, plain, rondo, tries } = await triedAlike(async (isRondo) => {
    const { result, counts } = await run(program, one, isRondo);
    seen.push({ isRondo, records: result, counts });
    return outcome(result);
  });
  t.equal(seen[0]?.records[0]?.end, end, 'plain Node', { records: seen[0]?.records });
  for (const { isRondo, counts } of seen) {
    if (isRondo) t.equal(counts.nodeListeners, 0, "no listener is of Node's round robin");
  }
  const listeners = (ofRondo: boolean): number =>
    seen.find(({ isRondo }) => isRondo === ofRondo)?.counts[
      ofRondo ? 'rondoListeners' : 'nodeListeners'
    ] ?? 0;
  t.equal(listeners(true) > 0, listeners(false) > 0, 'rondo has them instead');
  if (isAlike) t.pass(`alike, plain Node tried ${tries} times`);
  else t.same(rondo, plain, `unlike ${tries} tries of plain Node`);
  return tries === 1 ? 'alike' : 'flaky';
}

function run(
  program: string,
  { name, args = [name], env, during }: Case,
  isRondo: boolean,
): Promise<{ result: ProcessRecord[]; counts: Counts }> {
  const preload = isRondo ? ['--import', REGISTER] : [];
  return counted((nodeOptions, counterEnv) =>
    recordedRun({
      args: [program, ...args],
      cwd: ROOT,
      limitMs: LIMIT_MS,
      nodeOptions: [...preload, ...nodeOptions],
      env: { ...env, ...counterEnv },
      ...(during !== undefined && { during }),
    }),
  );
}
