// What a worker's program can look at is as in plain Node: the listeners of `process` and `cluster`, handles,
// the environment, arguments and globals; before it listens, while it does, and when it has closed. In the primary,
// too, but for what docs/operations.md names.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from 'tap';
import { plainNode, preloaded, type Way } from '../fixtures/cluster.js';
import { fixture, nativeOnly } from '../fixtures/harness.js';

type Seen = Record<string, unknown>;

/** What docs/operations.md says of them. */
const DIFFERENT = new Set(['required', 'spawnargs', 'stdio', 'handles', 'resources']);

/** A worker has them, for its threads and children, too. */
const VARIABLES = 'skip' in nativeOnly ? ['RONDO_HUB'] : ['RONDO_HUB', 'RONDO_SHARED'];

const run = promisify(execFile);

async function look(way: Way, transport: string): Promise<Seen> {
  const args = [...way.nodeArgs, fixture('what-is-seen.mjs')];
  // Node 22.12 warns of require() of a module, and opens process.stderr for it.
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    NODE_NO_WARNINGS: '1',
    RONDO_TRANSPORT: transport,
  };
  const { stdout } = await run(process.execPath, args, { env, timeout: 30_000 });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Seen>);
  return {
    exit: lines.find(({ exit }) => exit !== undefined)?.exit,
    primary: lines.find(({ primary }) => primary !== undefined)?.primary,
    ...lines.find(({ worker }) => worker?.before !== undefined)?.worker,
    ...lines.find(({ worker }) => worker?.closed !== undefined)?.worker,
  };
}

function known(seen: unknown, different: Set<string>, { nodeArgs }: Way): Seen {
  // The flag is the user's own, and is there as it was given.
  const text = JSON.stringify(seen).replaceAll(JSON.stringify(nodeArgs), '[]');
  const entries = Object.entries(JSON.parse(text) as Seen);
  return Object.fromEntries(entries.filter(([name]) => !different.has(name)));
}

for (const transport of ['native', 'ipc']) {
  test(transport, nativeOnly, async (t) => {
    const plain = await look(plainNode, transport);
    const rondo = await look(preloaded, transport);
    for (const when of ['before', 'listening', 'closed']) {
      const only = new Set(['required']);
      const expected = known(plain[when], only, plainNode);
      expected['env'] = [...(expected['env'] as string[]), ...VARIABLES].sort();
      t.strictSame(known(rondo[when], only, preloaded), expected, when);
    }
    t.strictSame(
      known(rondo.primary, DIFFERENT, preloaded),
      known(plain.primary, DIFFERENT, plainNode),
      'primary',
    );
    t.strictSame([rondo.exit, rondo.handle], [plain.exit, plain.handle], 'exit code and handle');
  });
}
