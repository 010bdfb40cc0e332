/** What the parts of one `rondo start` share; each adds something an operating system or an operator wants. */

import type { Supervisor } from '../supervisor/supervisor.js';
import type { StartArguments } from './arguments.js';
import type { SettingsSource } from './settings.js';

export interface Run {
  readonly supervisor: Supervisor;
  readonly given: StartArguments;
  readonly settings: SettingsSource;
  /** A line in the log that is no event of the Supervisor's. */
  note(text: string): void;
  onError(error: Error): void;
}
