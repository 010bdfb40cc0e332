// A consumer of a queue, as BullMQ's worker is one: no server, a loop that takes one job after another from
// SINK, and on SIGTERM the job that has begun is finished.
import { setTimeout as delay } from 'node:timers/promises';
import { ready } from './lib/routes.mjs';

let isStopping = false;

process.once('SIGTERM', () => {
  isStopping = true;
  console.log('stopping');
});
if (process.argv.includes('message')) process.send?.('ready');
ready();
// Not awaited: the module has to be done for --ready-when started.
poll();

async function poll() {
  while (!isStopping) {
    const response = await fetch(`${process.env.SINK}/job`);
    await response.text();
    await delay(20);
  }
  console.log('the last job is done');
}
