/** The outcomes of a program that writes a line for each case: `its name | what came of it`. */

import type { ProcessRecord } from '../../fixtures/recorded-run.js';
import type { Outcomes } from './tried-cases.js';

/** And how all its processes end, of those that are given. */
export function lineOutcomes(records: ProcessRecord[]): Outcomes {
  const lines = records[0]?.output.split('\n') ?? [];
  const cases = lines.map((line) => line.split(' | ')).filter(({ length }) => length === 2);
  const ends = records.map(({ end }) => end).join();
  return new Map([...(cases as Array<[string, string]>), ['ends', ends]]);
}
