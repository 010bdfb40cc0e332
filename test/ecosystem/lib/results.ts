/** What each test found, a JSON line each, for scripts/compatibility.mjs. */

import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Test } from 'tap';
import { ROOT } from '../program.js';

export const RESULTS = path.join(ROOT, 'node_modules', '.cache', 'rondo-ecosystem.jsonl');

export interface Result {
  name: string;
  what: string;
  /** How plain Node does it. */
  plain: string;
  isAlike: boolean;
}

/** Runs a test, and writes down whether it passed. `run` returns how plain Node does it. */
export function recorded(name: string, what: string, run: (t: Test) => Promise<string>) {
  return async (t: Test): Promise<void> => {
    let plain = '';
    let isAlike = false;
    try {
      plain = await run(t);
      isAlike = t.passing();
    } finally {
      const result: Result = { name, what, plain, isAlike };
      mkdirSync(path.dirname(RESULTS), { recursive: true });
      appendFileSync(RESULTS, `${JSON.stringify(result)}\n`);
    }
  };
}
