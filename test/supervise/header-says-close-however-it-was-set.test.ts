// The response that goes out during a drain says that its connection closes, and it does, in whatever way the
// program has said that it stays.

import type http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { type Test, test } from 'tap';
import { until } from '../fixtures/faults.js';
import { preloaded, type Scope, startSupervised } from '../fixtures/supervised.js';

/** Run in the worker, by name. */
type Answer = (response: http.ServerResponse) => void;

const KEEP = '{ Connection: "keep-alive", "Keep-Alive": "timeout=5" }';

/** How it is said, as text, and what the request is, if not a GET. */
const WAYS: Array<{ say: string; request?: string; body?: string }> = [
  { say: `r.setHeader('Connection', 'keep-alive').end('answer')` },
  { say: `r.setHeader('connection', ['keep-alive']).end('answer')` },
  { say: `r.appendHeader('Connection', 'keep-alive').end('answer')` },
  { say: `r.setHeaders(new Map([['Connection', 'keep-alive']])).end('answer')` },
  { say: `r.setHeaders(new Headers({ Connection: 'keep-alive' })).end('answer')` },
  { say: `r.writeHead(200, ${KEEP}).end('answer')` },
  { say: `r.writeHead(200, 'Fine', ${KEEP}).end('answer')` },
  { say: `r.writeHead(200, ['Connection', 'keep-alive', 'X-A', 'b']).end('answer')` },
  { say: `r.writeHead(200, [['Connection', 'keep-alive'], ['X-A', 'b']]).end('answer')` },
  { say: `r.setHeader('X-A', 'b'); r.writeHead(200, ${KEEP}).end('answer')` },
  { say: `r.setHeader('Connection', 'keep-alive').flushHeaders(); r.end('answer')` },
  { say: `r.setHeader('Connection', 'keep-alive').write('ans'); r.end('wer')` },
  { say: `r.setHeader('Connection', 'keep-alive, X-A').end('answer')` },
  { say: `r.shouldKeepAlive = true; r.setHeader('Connection', 'keep-alive').end('answer')` },
  { say: `r.writeProcessing(); r.writeHead(200, ${KEEP}).end('answer')` },
  {
    say: `r.writeEarlyHints({ link: '</a>; rel=preload' }); r.writeHead(200, ${KEEP}).end('answer')`,
  },
  { say: `r.writeHead(200, { ...${KEEP}, 'Content-Type': 'text/event-stream' }).end('answer')` },
  { say: `r.writeHead(204, ${KEEP}).end()`, body: '' },
  { say: `r.writeHead(304, ${KEEP}).end()`, body: '' },
  { say: `r.writeHead(200, ${KEEP}).end('answer')`, request: 'HEAD / HTTP/1.1', body: '' },
  {
    say: `r.writeHead(200, { ...${KEEP}, 'Content-Length': 6 }).end('answer')`,
    request: 'GET / HTTP/1.0\r\nConnection: keep-alive',
  },
];

function serve({ require, listen }: Scope, say: string): Promise<number> {
  const { createServer } = require('node:http') as typeof http;
  // biome-ignore lint/security/noGlobalEval: the test's own text
  const answer = globalThis.eval(`(r) => { ${say} }`) as Answer;
  return listen(createServer((_request, response) => answer(response)));
}

function headOf(answer: string): string {
  // What goes before, of 1xx, says nothing of the connection.
  return answer.slice(Math.max(0, answer.lastIndexOf('HTTP/1.1 '))).split('\r\n\r\n')[0] ?? '';
}

test('each way', preloaded.options, async (t: Test) => {
  for (const { say, request = 'GET / HTTP/1.1', body = 'answer' } of WAYS) {
    const worker = await startSupervised(t, preloaded);
    const port = await worker.run(serve, say);
    const client = net.connect(port, '127.0.0.1');
    let before = '';
    const all = text(
      client.on('data', (chunk) => {
        before += chunk;
      }),
    );
    client.write(`${request}\r\nHost: here\r\n\r\n`);
    await until('it is answered', () => /^HTTP\/1.1 [2-5][\s\S]*\r\n\r\n/m.test(before));
    await until('the body, too', () => before.includes(body) || before.includes('wer'));
    t.match(headOf(before), /\r\nconnection: keep-alive/i, `${say}: before the drain it stays`);
    const first = before.length;
    worker.drain({ idleGraceMs: 20_000 });
    // Messages come in order, so it drains when it has run this.
    await worker.run(() => {});
    client.write(`${request}\r\nHost: here\r\n\r\n`);
    const second = (await all).slice(first);
    const head = headOf(second);
    t.strictSame(
      head.match(/\r\nconnection: [^\r]*/gi),
      ['\r\nConnection: close'],
      `${say}: closes`,
    );
    t.notMatch(head, /\r\nkeep-alive:/i);
    t.equal(/answer|ans[\s\S]*wer/.test(second), body !== '', 'with the whole body');
    t.match(await worker.drained(), { destroyed: 0, idle: 0 });
  }
});
