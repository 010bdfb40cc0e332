/** Whether this process tells its metrics, and how it does so once more before it ends. */

export interface LastTelling {
  tellLast(): Promise<void>;
}

/** On the process, because the program may have a copy of rondo of its own. */
const TELLER = Symbol.for('rondo.collect.teller');
type Telling = { [TELLER]?: LastTelling };

export function setTeller(teller: LastTelling): void {
  Object.defineProperty(process, TELLER, { value: teller });
}

export function isTelling(): boolean {
  return (process as Telling)[TELLER] !== undefined;
}

/** Before the process ends: resolves, within a moment, when the primary is given the last values. Null if nobody collects. */
export function tellLast(): Promise<void> | null {
  return (process as Telling)[TELLER]?.tellLast() ?? null;
}
