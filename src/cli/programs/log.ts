/** What the process of several programs says of them: to be read, or as JSON. */

import type { Log } from '../log-output.js';
import type { ProgramProcess } from './program-process.js';

export function logState(log: Log, isJson: boolean, program: ProgramProcess): void {
  const { name, state, pid, code } = program;
  switch (state) {
    case 'starting':
      return tell('program:starting', `starts (pid ${pid})`, { pid });
    case 'ready':
      return tell('program:ready', 'ready', { pid });
    case 'ended':
      return tell('program:ended', `ended with code ${code}`, { code });
    case 'failed':
      return tell('program:failed', `has failed for good, with code ${code}`, { code });
    case 'stopping':
    case 'waiting':
      // Of the one its own process tells, of the other logLost().
      return;
  }

  function tell(event: string, text: string, fields: object): void {
    write(log, isJson, name, event, text, fields);
  }
}

export function logLost(
  log: Log,
  isJson: boolean,
  { name }: ProgramProcess,
  signal: NodeJS.Signals,
  delayMs: number,
): void {
  const text = `was ended by ${signal}, and starts again in ${delayMs} ms`;
  write(log, isJson, name, 'program:lost', text, { signal, delayMs });
}

function write(
  log: Log,
  isJson: boolean,
  program: string,
  event: string,
  text: string,
  fields: object,
): void {
  const time = new Date().toISOString();
  log.write(
    isJson ? JSON.stringify({ time, program, event, ...fields }) : `rondo: ${program}: ${text}`,
  );
}
