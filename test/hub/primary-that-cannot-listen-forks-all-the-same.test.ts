// A primary that has no file descriptor left for the hub's directory can fork: the child gets a reason in place of an
// address, and the next one an address again.

import { spawnSync } from 'node:child_process';
import { test } from 'tap';

const PROGRAM = `
import fs from 'node:fs';
import { hubEnvironment, rendezvous } from ${JSON.stringify(new URL('../../dist/hub/environment.js', import.meta.url).href)};
import ${JSON.stringify(new URL('../../dist/hub/address.js', import.meta.url).href)};
const warnings = [];
process.on('warning', ({ code, message }) => warnings.push({ code, message }));
const fds = [];
try {
  for (;;) fds.push(fs.openSync('/dev/null'));
} catch {}
const first = hubEnvironment('worker', 0).RONDO_HUB;
for (const fd of fds) fs.closeSync(fd);
const second = hubEnvironment('worker', 0).RONDO_HUB;
process.env.RONDO_HUB = first;
let failure;
try {
  rendezvous();
} catch ({ code, message }) {
  failure = { code, message };
}
setImmediate(() => console.log(JSON.stringify({ first, second, failure, warnings })));
`;

test('no descriptor is left', { skip: process.platform !== 'linux' }, async (t) => {
  const { RONDO_HUB, ...env } = process.env;
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, PROGRAM],
    { encoding: 'utf8', env },
  );
  t.match(JSON.parse(stdout), {
    first: 'unreachable',
    second: /^1\.worker\.0\./,
    failure: { code: 'ERR_RONDO_HUB_GONE', message: /could not listen/ },
    warnings: [{ code: 'RONDO_HUB_UNREACHABLE', message: /rondo\/hub/ }],
  });
  t.match(stderr, /RONDO_HUB_UNREACHABLE/);
});
