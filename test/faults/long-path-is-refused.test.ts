// A path that does not fit a Unix address is an error. It is never cut, which would bind a path that
// no client looks for; one that just fits is bound whole.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Dispatcher } from 'rondo';
import { test } from 'tap';
import { transports } from '../fixtures/harness.js';

/** sizeof(sun_path) less the terminating NUL, which Linux would not need. */
const LONGEST = process.platform === 'linux' ? 107 : 103;

for (const transport of transports()) {
  test(transport, async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'rondo-long-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const dispatcher = new Dispatcher({ transport });
    t.teardown(() => dispatcher.close());
    const longest = path.join(directory, 'x'.repeat(LONGEST - directory.length - 1));
    for (const tooLong of [`${longest}xx`, `${longest}${'x'.repeat(1000)}`]) {
      await t.rejects(dispatcher.listen({ path: tooLong }), {
        code: 'EINVAL',
        syscall: 'listen',
        address: tooLong,
      });
      t.strictSame(readdirSync(directory), [], 'nothing is left of it');
    }
    const listener = await dispatcher.listen({ path: longest });
    t.equal(listener.address(), longest);
    t.ok(existsSync(longest));
  });
}
