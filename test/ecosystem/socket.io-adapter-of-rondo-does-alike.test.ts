// rondo/socket.io-adapter on rondo does what @socket.io/cluster-adapter does in plain Node, with four workers: the same
// program, in which the adapter is the only difference.

import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { lineOutcomes } from './lib/line-outcomes.js';
import { suiteProgram } from './lib/suite.js';
import { casesAlike } from './lib/tried-cases.js';
import { ROOT } from './program.js';

for (const part of ['sticky', 'direct']) {
  test(part, nativeOnly, (t) =>
    casesAlike(t, {
      name: 'rondo/socket.io-adapter',
      part,
      args: [suiteProgram('cluster-adapter.cjs'), part],
      cwd: ROOT,
      envOnRondo: { SOCKET_IO_ADAPTER: `${ROOT}dist/socket.io-adapter/index.js` },
      outcomes: lineOutcomes,
    }),
  );
}
