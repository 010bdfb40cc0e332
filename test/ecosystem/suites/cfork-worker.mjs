// A worker, or a slave, of the programs in cfork.mjs.
import http from 'node:http';
import { cfork } from 'cfork';

const {
  GIVEN,
  CFORK_WORKER_INDEX,
  CFORK_WORKER_COUNT,
  CFORK_SLAVE_WORKER_INDEX,
  CFORK_SLAVE_WORKER_COUNT,
} = process.env;

const ANSWERS = {
  '/': () => process.argv[2],
  '/env': () =>
    JSON.stringify({
      GIVEN,
      worker: [CFORK_WORKER_INDEX, CFORK_WORKER_COUNT],
      slave: [CFORK_SLAVE_WORKER_INDEX, CFORK_SLAVE_WORKER_COUNT],
    }),
  '/never': () => null,
  '/exit': () => process.exit(0),
  '/throw': () => {
    throw new Error('on purpose');
  },
  '/throw-later': () => {
    setTimeout(ANSWERS['/throw'], 100);
    return null;
  },
};

http
  .createServer((request, response) => {
    const answer = ANSWERS[request.url]();
    if (answer !== null) response.setHeader('connection', 'close').end(answer);
  })
  .listen(0, process.argv[3]);

// In a worker it does nothing.
if (cfork() !== undefined) throw new Error('a worker forks');
