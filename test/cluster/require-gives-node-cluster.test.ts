// require('rondo/cluster') is what require('node:cluster') is, with configure() and stats(); its ES module namespace
// has the same functions.

import cluster from 'node:cluster';
import { createRequire } from 'node:module';
import * as namespace from 'rondo/cluster';
import { test } from 'tap';

test('the same object', async (t) => {
  const keys = Object.keys(cluster);
  const required = createRequire(import.meta.url)('rondo/cluster');
  t.equal(required, cluster);
  t.type(required.on, 'function');
  t.equal(required.configure, namespace.configure);
  t.equal(required.stats, namespace.stats);
  t.equal(namespace.default, cluster);
  t.equal(required.stats(), null, 'nothing has been forked');
  t.strictSame(Object.keys(cluster), keys, 'what is added is not enumerated');
});
