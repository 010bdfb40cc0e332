/**
 * Whether the program of this process knows of no cluster, as under a Supervisor: then its servers and the errors of
 * listen() are to be those of a process that listens alone.
 */

let isSet = false;

/** Before the program runs. */
export function setAlone(): void {
  isSet = true;
}

export function isAlone(): boolean {
  return isSet;
}
