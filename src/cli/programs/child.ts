/** The `rondo start` of one of several programs: how it talks to the process that has started it. */

import type { Format, MetricSource } from '../../metrics/exposition.js';
import { liveness, readiness } from '../../metrics/probes.js';
import { blocksOf } from '../../metrics/scrape.js';
import { dieWithParent } from '../../supervisor/lifeline.js';
import type { Supervisor } from '../../supervisor/supervisor.js';
import { refuseUpgrades } from '../../supervisor/upgrade/refusals.js';
import {
  type Answer,
  type FromProgram,
  METRICS_VARIABLE,
  onProgramMessage,
  PARENT_VARIABLE,
  programMessage,
  type Question,
  type ToProgram,
} from './messages.js';

/** Of each, and of all together. */
export const NO_UPGRADE =
  'several programs of one configuration cannot be upgraded in place. A reload (SIGHUP) takes a new release of the ' +
  "programs over; for another rondo or Node restart rondo, or give each program a 'rondo start' of its own (--program)";

export interface ParentOfPrograms {
  /** Whether it serves metrics of all programs. */
  readonly collects: boolean;
  /** After the Supervisor is there. `onForced` gets the exit code; everything is about to be killed. */
  follow(supervisor: Supervisor, onForced: (code: number) => void): void;
  /** From now on it is answered what it asks. */
  answer(supervisor: Supervisor, program: string, sources: readonly MetricSource[]): void;
  /** A reload was asked for, and has not begun. */
  reloadRefused(): void;
}

/**
 * Null if this process is none of several. To be asked first of all: it does not outlive its parent. Changes the
 * environment so that the sockets of a service manager are this process's, too.
 */
export function joinPrograms(env: NodeJS.ProcessEnv): ParentOfPrograms | null {
  const parent = env[PARENT_VARIABLE];
  const collects = env[METRICS_VARIABLE] !== undefined;
  delete env[PARENT_VARIABLE];
  delete env[METRICS_VARIABLE];
  if (Number(parent) !== process.ppid || process.send === undefined) return null;
  dieWithParent();
  // Where there is no addon.
  process.once('disconnect', () => process.exit(1));
  refuseUpgrades(NO_UPGRADE);
  if (env.LISTEN_FDS !== undefined) env.LISTEN_PID = String(process.pid);
  return {
    collects,
    follow(supervisor, onForced) {
      supervisor.on('reload:end', reloaded);
      supervisor.on('reload:failed', reloaded);
      supervisor.on('leaving', () => tell({ does: 'stop', isDelayed: true }));
      supervisor.on('stopping', () => {
        tell({ does: 'stop', isDelayed: false, withinMs: supervisor.endWithinMs });
      });
      onProgramMessage<ToProgram>(process, (message) => {
        if (message.does === 'force') {
          onForced(message.code);
          void supervisor.kill();
        } else if (message.does === 'hurry') {
          // What it rejects with is the first stop's, too.
          supervisor.stop(message.signal, { delayMs: 0 }).catch(() => {});
        }
      });
    },
    answer(supervisor, program, sources) {
      onProgramMessage<ToProgram>(process, (message) => {
        if (message.does !== 'ask') return;
        const answer = answerTo(message.question, supervisor, program, sources);
        tell({ does: 'answer', id: message.id, answer });
      });
    },
    reloadRefused: reloaded,
  };
}

function answerTo(
  question: Question,
  supervisor: Supervisor,
  program: string,
  sources: readonly MetricSource[],
): Answer {
  switch (question.what) {
    case 'metrics':
      return blocksIn(sources, question.format, program);
    case 'live':
      return { probe: liveness(supervisor) };
    case 'ready':
      return { probe: readiness(supervisor) };
  }
}

/** A source that fails costs the program its metrics, and not its life. */
function blocksIn(sources: readonly MetricSource[], format: Format, program: string): Answer {
  try {
    return { blocks: blocksOf(sources, format, { program }) };
  } catch {
    return { blocks: null };
  }
}

function reloaded(): void {
  tell({ does: 'reloaded' });
}

function tell(message: FromProgram): void {
  if (process.connected) process.send?.(programMessage(message), undefined, undefined, () => {});
}
