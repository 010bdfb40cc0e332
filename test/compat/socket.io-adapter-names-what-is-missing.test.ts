// rondo/socket.io-adapter without the package that it is for, and with wrong options.

import { createAdapter } from 'rondo/socket.io-adapter';
import { test } from 'tap';

test('without socket.io', async (t) => {
  // This repository has it in test/ecosystem only.
  t.throws(() => createAdapter(), {
    code: 'ERR_RONDO_PEER_MISSING',
    message: /needs the package socket\.io/,
    cause: { code: 'MODULE_NOT_FOUND' },
  });
});

test('wrong options are named', async (t) => {
  t.throws(() => createAdapter({ heartbeatInterval: 1 } as never), {
    code: 'ERR_RONDO_UNKNOWN_OPTION',
    option: 'heartbeatInterval',
  });
  for (const name of [1, null, 'x'.repeat(65)]) {
    const error = { code: 'ERR_RONDO_INVALID_OPTION', option: 'name' };
    t.throws(() => createAdapter({ name } as never), error);
  }
});
