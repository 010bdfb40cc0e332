// keep-alive-busy on a machine that has a core for each of four workers, which this one may not have: the handler blocks
// its event loop for as long, and needs no CPU. So a request that finds its worker at work can be served at once elsewhere,
// and what the moves cost is taken from nobody. The more workers and connections there are, the more one queue for all of
// them can give at best: `node bench/queues.mjs --workers 4 --clients 200`.
import { SLOW_PERCENT } from '../lib/capacity.mjs';
import { keepAliveBusy, measureSlowRequests } from './keep-alive-busy.mjs';

const WORKERS = 4;
const CLIENTS = 200;
const HANDLER = 'block';

/** @type {import('../lib/types.mjs').OwnScenario} */
export const keepAliveBlocked = {
  ...keepAliveBusy,
  name: 'keep-alive-blocked',
  about: `${CLIENTS} keep-alive connections, a fixed rate; the event loop blocked for 3 ms, in ${SLOW_PERCENT} % 20 ms, without CPU`,
  variants: () => [{ workers: WORKERS }],
  measure: (task) => measureSlowRequests(task, { handler: HANDLER, clients: CLIENTS }),
};
