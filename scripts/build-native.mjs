// Builds the addon. Everything but the native transport works without it, so a machine that cannot
// compile gets one line of warning; RONDO_NATIVE=1 makes it an error, with the compiler's output.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { headerArgs, nodeGyp, root, run } from './support.mjs';

const reasons = [
  [/could not find any python|find python.*not found/i, 'Python 3 was not found'],
  [/not found: (make|gmake)|spawn g?make ENOENT/, 'make was not found'],
  [/find VS|Visual Studio/, 'Visual Studio was not found'],
  [
    /^make.*: \S+: (no such file or directory|permission denied)|\S+: (command )?not found$/im,
    'the C++ compiler was not found',
  ],
  [
    /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|network connectivity|response downloading/i,
    "Node's headers could not be downloaded",
  ],
];

function reasonFor(output) {
  const known = reasons.find(([pattern]) => pattern.test(output));
  return known ? known[1] : 'the compiler failed (RONDO_NATIVE=1 npm run build:native shows how)';
}

if (process.env.RONDO_NATIVE === '0') {
  console.log('rondo: RONDO_NATIVE=0, the addon is not built');
  process.exit(0);
}

const args = ['configure', 'build', '--jobs=max', ...headerArgs()];
const { code, output } = await run(process.execPath, [nodeGyp, ...args], { capture: true });
if (code === 0) {
  console.log('rondo: the addon is built');
} else if (process.env.RONDO_NATIVE === '1') {
  process.stderr.write(output);
  console.error('rondo: the addon was not built, and RONDO_NATIVE=1 asks for it');
  process.exitCode = 1;
} else {
  // Whatever an earlier build left is not the addon of these sources.
  rmSync(path.join(root, 'build/Release/rondo.node'), { force: true });
  console.warn(
    `rondo: warning: the addon was not built: ${reasonFor(output)}; the ipc transport will be used`,
  );
}
