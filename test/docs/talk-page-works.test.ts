// docs/talk.md: its server counts over all workers, and what one is told all know.

import { test } from 'tap';
import { ask } from '../fixtures/cluster-cli.js';
import { consoleOf, Page } from '../fixtures/docs-page.js';
import { Place } from '../fixtures/docs-place.js';
import { nativeOnly } from '../fixtures/harness.js';

test('docs/talk.md', nativeOnly, async (t) => {
  const page = Page.open('docs/talk.md');
  const place = new Place(t);
  place.write('server.mjs', page.program('server.mjs'));
  const server = place.start(page.command('rondo start'));
  const port = await server.port();
  await server.prints(/(ready after.*){2}/s);
  place.use(port);
  const [first, blue, ...more] = consoleOf(page.take('console', 'curl'));
  for (const one of [first, blue]) {
    t.equal((await place.run(one?.command ?? '')).output.trimEnd(), one?.shown);
  }
  // The message is on its way to the other worker meanwhile.
  let requests = 2;
  let alike = 0;
  while (alike < 4) {
    const answer = await ask(port);
    t.match(answer, `request ${++requests}: `);
    alike = answer.includes('blue') ? alike + 1 : 0;
  }
  t.equal(more.length, 1);
  t.match((await place.run(more[0]?.command ?? '')).output, /^request \d+: blue\n$/);
  await place.stop(server);
  page.close(t);
});
