/**
 * What a process that runs several programs and the `rondo start` of each tell each other. A `cmd` that begins with
 * `NODE_` makes Node emit a message as `'internalMessage'`, apart from those of the programs.
 */

import type { EventEmitter } from 'node:events';
import type { Block, Format } from '../../metrics/exposition.js';
import type { Probe } from '../../metrics/probes.js';
import type { StopSignal } from '../../supervisor/types.js';

const CMD = 'NODE_RONDO_PROGRAM';

/** Has the pid of the parent: whoever else inherits it is none of its programs. */
export const PARENT_VARIABLE = 'RONDO_PROGRAMS_PARENT';

/** Is there if the parent serves metrics, so that workers are to tell theirs from the first on. */
export const METRICS_VARIABLE = 'RONDO_PROGRAMS_METRICS';

/** What the parent asks for whoever asks it. */
export type Question = { what: 'metrics'; format: Format } | { what: 'live' | 'ready' };

/** `blocks` is null if they are not available. */
export type Answer = { blocks: Block[] | null } | { probe: Probe };

export type ToProgram =
  /** All at once, as by a second signal, of which this is the exit code. */
  | { does: 'force'; code: number }
  /** The delay of a stop is over, as by a second signal. */
  | { does: 'hurry'; signal: StopSignal }
  | { does: 'ask'; id: number; question: Question };

export type FromProgram =
  /** A reload is over. */
  | { does: 'reloaded' }
  /** A stop has begun: its delay, or what comes after it, which takes so long at most. */
  | { does: 'stop'; isDelayed: true }
  | { does: 'stop'; isDelayed: false; withinMs: number }
  | { does: 'answer'; id: number; answer: Answer };

type ProgramMessage = ToProgram | FromProgram;

export function programMessage<M extends ProgramMessage>(message: M): M & { cmd: typeof CMD } {
  return { cmd: CMD, ...message };
}

/** Calls back with such messages that arrive at `process`, or from it if it is a child. */
export function onProgramMessage<M extends ProgramMessage>(
  from: EventEmitter,
  then: (message: M) => void,
): void {
  from.on('internalMessage', (message: unknown) => {
    if ((message as { cmd?: unknown } | null)?.cmd === CMD) then(message as M);
  });
}
