// The copy of rondo that a worker is started with, and the one that its program imports, need not be the same
// files: the first has the channel, and serves for both. Two that do not understand each other say so.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Test, test } from 'tap';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';
import { type CopyOptions, copyPackage } from '../fixtures/cluster-package.js';
import { openDeck, read, transports } from '../fixtures/harness.js';

const OWN = new URL('../../dist/worker/index.js', import.meta.url).href;

/** A program that says what it finds, and the directory of the copy that it imports. */
function writeProgram(t: Test, options: CopyOptions): { file: string; directory: string } {
  const { directory } = copyPackage(t, options);
  const file = path.join(temporaryDirectory(t), 'program.mjs');
  const url = pathToFileURL(path.join(directory, 'dist/worker/index.js')).href;
  writeFileSync(
    file,
    `import { createServer } from 'node:net';
    import { attach, isWorker } from '${url}';
    const found = { event: 'found', isWorker: isWorker(), isVisible: 'rondo.worker' in globalThis };
    const server = createServer((socket) => socket.end(process.pid + '\\n'));
    try {
      attach(server, { listener: process.argv[2] });
    } catch ({ code, message }) {
      Object.assign(found, { code, message });
    }
    process.send(found);`,
  );
  return { file, directory };
}

for (const transport of transports()) {
  test(transport, async (t) => {
    const deck = await openDeck(t, { transport });
    const { file } = writeProgram(t, {});
    const env = { NODE_OPTIONS: `--import=${OWN}` };
    const worker = await deck.worker(['default'], { file, spawn: { env } });
    t.match(await worker.event('found'), { isWorker: true, isVisible: false, code: undefined });
    for (let i = 0; i < 3; i++) t.equal(await read(deck.port), `${worker.pid}\n`);
  });
}

test('of different versions', async (t) => {
  const deck = await openDeck(t);
  const { file, directory } = writeProgram(t, { version: 99 });
  const env = { NODE_OPTIONS: `--import=${OWN}` };
  const worker = await deck.worker(['default'], { file, spawn: { env }, isUnready: true });
  const { code, message, isWorker } = await worker.event('found');
  t.equal(isWorker, true);
  t.equal(code, 'ERR_RONDO_PROTOCOL_VERSION');
  t.match(message, `${directory}/ version 99`);
  t.match(
    message,
    /^Two versions of rondo in this process cannot work together: .* version \d+ of/,
  );
});
