// rondo/socket.io-adapter, in a program of four workers and the published socket.io: a server that is killed is not waited
// for, one that comes is asked, and nothing is left when all are closed.

import { test } from 'tap';
import { REGISTER } from '../fixtures/cluster.js';
import { recordedRun } from '../fixtures/recorded-run.js';
import { lineOutcomes } from './lib/line-outcomes.js';
import { suiteProgram } from './lib/suite.js';
import { ROOT } from './program.js';

const RIGHT: Record<string, string> = {
  'servers of other names': '["","one hello","one hello","one hello"]',
  'what is too large': '["ERR_RONDO_HUB_TOO_LARGE",1]',
  'a server that stands and is killed is not waited for': '"2,3"',
  'the others count one less': '3',
  'one that comes is asked': '"2,3,5"',
  'the clients of all who are there': '3',
  'closed servers keep no process running': '[0,0,0,0]',
};

test('with four workers', async (t) => {
  const outcomes = lineOutcomes(
    await recordedRun({
      args: [suiteProgram('socket.io-adapter.cjs'), `${ROOT}dist/socket.io-adapter/index.js`],
      cwd: ROOT,
      nodeOptions: ['--import', REGISTER],
      limitMs: 30_000,
    }),
  );
  for (const [name, right] of Object.entries(RIGHT)) t.equal(outcomes.get(name), right, name);
  t.equal(outcomes.get('ends')?.split(',')[0], '0', 'the primary ends');
});
