// The scenarios in the order they run. Adding one is a line here and a file beside this one.
import { backlog } from './backlog.mjs';
import { blockedPrimary } from './blocked-primary.mjs';
import { burst } from './burst.mjs';
import { busy } from './busy.mjs';
import { counters } from './counters.mjs';
import { fdPassing } from './fd-passing.mjs';
import { handoff } from './handoff.mjs';
import { keepAlive } from './keep-alive.mjs';
import { keepAliveBlocked } from './keep-alive-blocked.mjs';
import { keepAliveBusy } from './keep-alive-busy.mjs';
import { keepAlivePool } from './keep-alive-pool.mjs';
import { killedWorkers } from './killed-workers.mjs';
import { limiter } from './limiter.mjs';
import { longLived } from './long-lived.mjs';
import { look } from './look.mjs';
import { messages } from './messages.mjs';
import { mixed } from './mixed.mjs';
import { nginxQueues } from './nginx-queues.mjs';
import { overload } from './overload.mjs';
import { pm2VsWatt } from './pm2-vs-watt.mjs';
import { reload } from './reload.mjs';
import { scaling } from './scaling.mjs';
import { scrape } from './scrape.mjs';
import { singleOrCluster } from './single-or-cluster.mjs';
import { stalledWorker } from './stalled-worker.mjs';
import { startUp } from './start-up.mjs';
import { storm } from './storm.mjs';
import { twoListeners } from './two-listeners.mjs';

/** @type {Record<string, import('../lib/types.mjs').Scenario>} */
export const SCENARIOS = {
  storm,
  busy,
  mixed,
  'two-listeners': twoListeners,
  'keep-alive': keepAlive,
  'keep-alive-busy': keepAliveBusy,
  'keep-alive-blocked': keepAliveBlocked,
  'keep-alive-pool': keepAlivePool,
  reload,
  burst,
  'long-lived': longLived,
  handoff,
  'blocked-primary': blockedPrimary,
  'stalled-worker': stalledWorker,
  'killed-workers': killedWorkers,
  look,
  overload,
  backlog,
  scaling,
  'start-up': startUp,
  'fd-passing': fdPassing,
  messages,
  counters,
  limiter,
  scrape,
  'nginx-queues': nginxQueues,
  'pm2-vs-watt': pm2VsWatt,
  'single-or-cluster': singleOrCluster,
};
