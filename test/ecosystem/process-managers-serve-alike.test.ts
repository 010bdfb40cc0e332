// Whatever forks the workers by node:cluster, connections come to them by rondo, and the answers are
// the same.

import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { compare } from './compare.js';
import { overHttp } from './http-clients.js';
import { startedByPm2 } from './pm2.js';
import { app, started } from './program.js';

test('cfork', nativeOnly, (t) => compare(t, started('cfork.mjs', app('express.cjs')), overHttp));

test('throng', nativeOnly, (t) => compare(t, started('throng.cjs', app('koa.cjs')), overHttp));

test('pm2', nativeOnly, (t) => compare(t, startedByPm2(app('express.cjs')), overHttp));
