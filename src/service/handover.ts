/**
 * What passes to the next process of an upgrade beside listeners; see passengers.ts of the supervisor for how. Here
 * are the pid file and what systemd is told; a control socket or another port add themselves:
 *
 * ```ts
 * passengers.add('metrics', { give: () => ({ fd: server._handle.fd }), left: () => server.close() });
 * server.listen({ fd: passengers.taken('metrics')?.fd ?? … });
 * ```
 */

import { passengers } from '../supervisor/upgrade/passengers.js';
import { allowService } from '../supervisor/upgrade/refusals.js';
import { takePidFile, writePidFile } from './pidfile.js';

export { type Luggage, type Passenger, passengers } from '../supervisor/upgrade/passengers.js';

/** The new process replaces it when it has everything; this one then leaves it. Throws as `writePidFile()`. */
export function passPidFile(file: string): void {
  const taken = passengers.taken('pidfile');
  if (taken === null) writePidFile(file);
  else passengers.onHandOver(() => takePidFile(file, Number(taken.data)));
  passengers.add('pidfile', {
    give: () => ({ data: process.pid }),
    kept: () => takePidFile(file, null),
  });
}

/** How systemd is told of another main process. The variables are those that this process has removed. */
export function passService(env: Record<string, string>, setMain: (pid: number) => void): void {
  allowService();
  passengers.add('systemd', { give: () => ({ env }), left: setMain });
}
