// Whatever is sent to the control socket: what cannot be done is answered with a status and a text that names it, or the
// connection is closed in time. It is counted, nothing changes, and the socket and the workers serve on.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type Test, test } from 'tap';
import { connectTo, openControlled, request, sendRaw } from '../fixtures/control.js';
import { until } from '../fixtures/faults.js';

const rows: Array<[line: string, body: string, status: number, says: RegExp]> = [
  ['GET /', '', 404, /There is no \/\. Known are: .*\/v1\/status/],
  ['GET /v2/status', '', 404, /There is no \/v2\/status/],
  ['GET /v1/status/', '', 404, /There is no/],
  ['GET /v1/../v1/status', '', 404, /There is no/],
  ['POST /v1/status', '', 405, /is for GET. Received POST/],
  ['GET /v1/reload', '', 405, /is for POST. Received GET/],
  ['DELETE /v1/options', '', 405, /is for GET and POST. Received DELETE/],
  ['GET /v1/stop', '', 405, /is for POST/],
  ['GET /v1/logs?last=-1', '', 400, /'last' must be an integer from 0 to 1000. Received '-1'/],
  ['GET /v1/logs?last=1001', '', 400, /Received '1001'/],
  ['GET /v1/events?last=x', '', 400, /Received 'x'/],
  ['POST /v1/scale', '{"workers":', 400, /no JSON/],
  ['POST /v1/scale', '[3]', 400, /must be a JSON object/],
  ['POST /v1/scale', 'null', 400, /must be a JSON object/],
  ['POST /v1/scale', '', 400, /'workers' must be an integer from 1 to 512. Received undefined/],
  ['POST /v1/scale', '{"workers":1e9}', 400, /Received 1000000000/],
  ['POST /v1/scale', '{"workers":2,"now":true}', 400, /no option 'now'.* Known are: workers/],
  ['POST /v1/scale', '{"__proto__":{"workers":2}}', 400, /no option '__proto__'/],
  ['POST /v1/reload', '{"env":{}}', 400, /no option 'env'/],
  ['POST /v1/stop', '{"signal":"SIGKILL"}', 400, /'signal' must be one of 'SIGTERM', 'SIGINT'/],
  ['POST /v1/stop', '{"now":true}', 400, /'now'/],
  ['POST /v1/options', '{"policy":{"name":"source-ip","bound":0}}', 400, /'policy.bound'/],
  ['POST /v1/options', '{"transport":"ipc"}', 400, /no option 'transport'/],
  ['POST /v1/workers/9/restart', '', 400, /'seat' must be an integer from 0 to 1. Received 9/],
  ['POST /v1/workers/x/drain', '', 400, /Received 'x'/],
  ['POST /v1/workers//drain', '', 404, /There is no/],
  ['POST /v1/listeners/%ff/pause', '', 400, /cannot be decoded/],
  ['POST /v1/listeners/9/pause', '', 400, /'listener' must be one of those that are open: 0 \(127/],
  ['POST /v1/logs/reopen', '', 409, /There is no log file/],
  ['POST /v1/upgrade', '', 409, /^No upgrade: a process .* IPC channel/],
];

async function unharmed(
  t: Test,
  { client, supervised }: Awaited<ReturnType<typeof openControlled>>,
) {
  t.match(await client.status(), { state: 'running', ready: 2, workers: 2 });
  t.equal((await fetch(`http://127.0.0.1:${supervised.port()}/`)).status, 200);
}

test('requests', async (t) => {
  const controlled = await openControlled(t);
  for (const [line, body, status, says] of rows) {
    const answer = await request(controlled.path, line, body);
    t.match(answer, { status, body: { error: { code: String, message: says } } }, line);
  }
  t.strictSame(controlled.supervised.seen('worker:draining'), []);
  await unharmed(t, controlled);
});

test('a long body', async (t) => {
  const controlled = await openControlled(t);
  const body = JSON.stringify({ workers: 2, x: 'x'.repeat(64 * 1024) });
  const tooLarge = { status: 413, body: { error: { message: /at most 65536 bytes/ } } };
  t.match(await request(controlled.path, 'POST /v1/scale', body), tooLarge);
  const endless = await connectTo(controlled.path);
  endless.write('POST /v1/scale HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  let answer = '';
  endless.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  const closed = new Promise((resolve) => endless.once('close', resolve));
  const more = setInterval(() => endless.write(chunk), 1);
  await closed;
  clearInterval(more);
  t.match(answer, /^HTTP\/1.1 413 /);
  await unharmed(t, controlled);
});

test('what is no request, or half of one', async (t) => {
  const controlled = await openControlled(t);
  const malformed = async () => (await controlled.client.status()).control.malformed;
  t.match(await sendRaw(controlled.path, 'what is this?\r\n\r\n'), /^HTTP\/1.1 400 /);
  await sendRaw(controlled.path, `\x16\x03\x01${randomBytes(500).toString('latin1')}\r\n\r\n`);
  t.match(await sendRaw(controlled.path, `GET /${'x'.repeat(70_000)}`), /^HTTP\/1.1 4(00|31) /);
  t.equal(await malformed(), 3);
  const halves = [
    '',
    'GET /v1/sta',
    'GET /v1/status HTTP/1.1\r\nHost: x\r\n',
    'POST /v1/scale HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{"workers":',
  ];
  const answers = await Promise.all(halves.map((half) => sendRaw(controlled.path, half)));
  for (const answer of answers) t.match(answer, /^HTTP\/1.1 408 /, 'in time');
  t.equal(await malformed(), 3 + halves.length);

  // Half a request of one who goes.
  const gone = await connectTo(controlled.path);
  gone.write('POST /v1/scale HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{"workers":');
  gone.destroy();
  // And one who does not wait for the answer.
  const impatient = await connectTo(controlled.path);
  impatient.write('POST /v1/reload HTTP/1.1\r\nHost: x\r\n\r\n');
  await controlled.supervised.until('reload:begin');
  impatient.destroy();
  await controlled.supervised.until('reload:end');
  await unharmed(t, controlled);
});

test('clients that do not read', async (t) => {
  const controlled = await openControlled(t);
  const { client, supervised, path: file } = controlled;
  const follower = await connectTo(file);
  follower.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(follower, 'readable');
  follower.pause();
  const closed = new Promise((resolve) => follower.once('close', resolve));
  // Of each refused change there are two lines, with its arguments.
  const text = 'x'.repeat(60_000);
  for (let i = 0; i < 80; i++) {
    await client.configure({ policy: text as never }).catch(() => {});
  }
  await until('it is closed', async () => (await client.status()).control.unread === 1);
  follower.resume();
  await closed;
  // Many requests on one connection, and no answer is read.
  const greedy = await connectTo(file);
  greedy.pause();
  for (let i = 0; i < 2_000; i++) greedy.write('GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n');
  await unharmed(t, controlled);
  greedy.destroy();
  t.ok(supervised.events.length > 0);
});

test('many clients', async (t) => {
  const controlled = await openControlled(t);
  const { client, path: file, supervised } = controlled;
  const fds = supervised.fds();
  const sockets = await Promise.all(
    Array.from({ length: 2_000 }, () => connectTo(file).catch(() => null)),
  );
  const open = sockets.filter((socket) => socket !== null);
  const port = supervised.port();
  for (let i = 0; i < 20; i++) t.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
  t.ok(supervised.fds() <= fds + 64 + 8, `${supervised.fds()} fds, before ${fds}`);
  for (const socket of open) socket.destroy();
  await until('there is room again', () => client.identity().then(Boolean, () => false));
  const { tooMany } = (await client.status()).control;
  t.ok(tooMany >= open.length - 64 - 1, `${tooMany} of ${open.length}`);
  const followers = [];
  for (let i = 0; i < 16; i++) {
    const follower = await connectTo(file);
    follower.write('GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(follower, 'readable');
    followers.push(follower);
  }
  t.match(await request(file, 'GET /v1/events'), {
    status: 503,
    body: { error: { message: /16 clients follow the log/ } },
  });
  for (const follower of followers) follower.destroy();
  await unharmed(t, controlled);
});
