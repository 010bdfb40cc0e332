// The published express-rate-limit, @fastify/rate-limit and rate-limiter-flexible in four
// workers: of a rush of requests exactly the limit passes, wherever the counts are.

import { test } from 'tap';
import { PLACES, startLimited, workersOf } from './lib/limited.js';

const APPS = [
  { name: 'express-rate-limit', program: ['express.mjs'] },
  { name: '@fastify/rate-limit', program: ['fastify.mjs'] },
  { name: 'rate-limiter-flexible', program: ['flexible.mjs'] },
];
const LIMIT = 10;

for (const { name, program } of APPS) {
  for (const place of PLACES) {
    test(`${name}, ${place.name}`, place.options, async (t) => {
      const server = await startLimited(t, place, program);
      const { passed, denied } = await server.rush(30);
      t.equal(passed.length, LIMIT, 'exactly the limit passes');
      t.equal(denied.length, 30 - LIMIT);
      t.ok(workersOf([...passed, ...denied]) > 1, 'several workers answer');
      t.equal((await server.rush(4)).passed.length, 0, 'and nothing more passes');
      t.equal(server.stderr(), '', 'nothing is complained about');
    });
  }
}
