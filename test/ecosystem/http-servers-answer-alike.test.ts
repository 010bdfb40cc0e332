// HTTP servers and frameworks, each an unchanged server file in the workers of a node:cluster
// program, answer with the preload what they answer without, and every worker serves.

import { test } from 'tap';
import { nativeOnly } from '../fixtures/harness.js';
import { compare } from './compare.js';
import { overHttp, overHttp2, overHttps } from './http-clients.js';
import { app, started } from './program.js';

const SERVERS = [
  { name: 'Express', args: [app('express.cjs')], client: overHttp },
  { name: 'Fastify', args: [app('fastify.mjs')], client: overHttp },
  { name: 'Koa', args: [app('koa.cjs')], client: overHttp },
  { name: 'https', args: [app('tls.mjs'), 'https'], client: overHttps },
  { name: 'http2', args: [app('tls.mjs'), 'http2'], client: overHttp2 },
];

for (const { name, args, client } of SERVERS) {
  test(name, nativeOnly, (t) => compare(t, started('cluster.mjs', ...args), client));
}
