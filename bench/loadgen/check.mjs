// Does the load generator count what happened? `node bench/loadgen/check.mjs [PROGRAM]`: servers that
// misbehave in a known way and a known number of times, and what the report must say then. With one
// client at a time there is nothing to chance in who asks when.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM =
  process.argv[2] ?? fileURLToPath(new URL('../../build/Release/loadgen', import.meta.url));

/** @typedef {import('../lib/types.mjs').LoadReport} LoadReport */
/** @typedef {(socket: net.Socket, request: number, connection: number) => unknown} Answer */

/**
 * A right reply of worker w0, unless told otherwise.
 * @param {{ status?: string, worker?: string, headers?: string }} [how]
 */
function reply({ status = '200 OK', worker = 'w0', headers = '' } = {}) {
  return `HTTP/1.1 ${status}\r\nX-Worker: ${worker}\r\n${headers}Content-Length: 2\r\n\r\nok`;
}

/**
 * Requests and connections are counted from 0, the requests on each connection.
 * @param {Answer} answer
 * @param {boolean} [isAsked] false: it answers when a client connects
 */
async function listen(answer, isAsked = true) {
  let connections = 0;
  const server = net.createServer({ noDelay: true }, (socket) => {
    const connection = connections++;
    let requests = 0;
    socket.on('error', () => {});
    socket.on('data', () => isAsked && answer(socket, requests++, connection));
    if (!isAsked) answer(socket, 0, connection);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  return { port, server };
}

/**
 * @param {number} port
 * @param {string} command
 * @returns {Promise<LoadReport>}
 */
async function load(port, command) {
  const [mode, ...options] = command.split(' ');
  const child = spawn(PROGRAM, [mode, '--port', String(port), ...options]);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
    // In hold: what the server does to idle connections has been done by then.
    if (stdout.endsWith('held\n')) setTimeout(() => child.stdin.end(), 100);
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  const report = JSON.parse(stdout.slice(stdout.indexOf('{')));
  const { started, ok, failed, refused, hung, unfinished, failures } = report;
  assert.equal(started, ok + failed + refused + hung + unfinished, 'one outcome per request');
  const kinds = /** @type {number[]} */ (Object.values(failures));
  assert.equal(
    kinds.reduce((sum, count) => sum + count, 0),
    failed,
    'each failure has a kind',
  );
  return report;
}

/**
 * @param {string} name
 * @param {string} command of the load generator
 * @param {Partial<LoadReport>} expected
 * @param {Answer} answer
 */
function counts(name, command, expected, answer) {
  test(name, async () => {
    const { port, server } = await listen(answer, !/^(storm|hold)/.test(command));
    const report = await load(port, command);
    server.close();
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(report[/** @type {keyof LoadReport} */ (key)], value, key);
    }
  });
}

const ONE = '--concurrency 1';
const NONE = { announced: 0, idle: 0, unasked: 0 };

counts(
  'connections are kept',
  'keep-alive --requests 1000 --concurrency 8',
  { ok: 1_000, opened: 8, closed: NONE, workers: { w0: 1_000 }, workerConnections: { w0: 8 } },
  (socket) => socket.write(reply()),
);
let unanswered = 0;
counts(
  'connections are opened one at a time, before all else',
  'keep-alive --requests 100 --concurrency 8 --opening 1',
  { ok: 100, opened: 8 },
  (socket, request) => {
    if (request > 0) return socket.write(reply());
    const status = ++unanswered === 1 ? '200 OK' : '500 Internal Server Error';
    setTimeout(() => {
      unanswered--;
      socket.write(reply({ status }));
    }, 2);
  },
);
counts('a reply in pieces', `keep-alive --requests 20 ${ONE}`, { ok: 20, opened: 1 }, (socket) => {
  socket.write(reply().slice(0, 30));
  setTimeout(() => socket.write(reply().slice(30)), 2);
});
counts(
  'an announced close',
  `keep-alive --requests 100 ${ONE}`,
  { ok: 100, opened: 10, closed: { ...NONE, announced: 10 } },
  (socket, request) =>
    request === 9 ? socket.end(reply({ headers: 'Connection: close\r\n' })) : socket.write(reply()),
);
counts(
  'a close while idle is no failure',
  `keep-alive --requests 8 --rate 10 ${ONE}`,
  { ok: 8, failed: 0, opened: 8, closed: { ...NONE, idle: 7 } },
  (socket) => socket.write(reply(), () => setTimeout(() => socket.end(), 40)),
);
counts(
  'a reset while idle is no failure',
  `keep-alive --requests 8 --rate 10 ${ONE}`,
  { ok: 8, failed: 0, opened: 8, closed: { ...NONE, idle: 7 } },
  (socket) => socket.write(reply(), () => setTimeout(() => socket.resetAndDestroy(), 40)),
);
counts(
  'bytes that were not asked for end a connection',
  `keep-alive --requests 8 --rate 10 ${ONE}`,
  { ok: 8, failed: 0, opened: 8, closed: { ...NONE, unasked: 7 } },
  (socket) => socket.write(reply(), () => setTimeout(() => socket.write('HTTP/1.1 408'), 40)),
);
counts(
  'EOF in place of a reply',
  `keep-alive --requests 60 ${ONE}`,
  { ok: 50, failures: { EOF: 10 }, reusedFailed: 10, opened: 10, closed: NONE },
  (socket, request) => (request === 5 ? socket.end() : socket.write(reply())),
);
counts(
  'a reset in place of a reply',
  `keep-alive --requests 60 ${ONE}`,
  { ok: 50, failures: { ECONNRESET: 10 }, reusedFailed: 10 },
  (socket, request) => (request === 5 ? socket.resetAndDestroy() : socket.write(reply())),
);
counts(
  'EOF on a new connection',
  `keep-alive --requests 30 ${ONE}`,
  { failures: { EOF: 30 }, reusedFailed: 0, opened: 30 },
  (socket) => socket.end(),
);
counts(
  'EOF in a reply',
  `keep-alive --requests 60 ${ONE}`,
  { ok: 50, failures: { EOF: 10 }, reusedFailed: 0 },
  (socket, request) => (request === 5 ? socket.end(reply().slice(0, -1)) : socket.write(reply())),
);
for (const [name, wrong] of Object.entries({
  status: reply({ status: '503 Service Unavailable' }),
  worker: reply({ worker: 'w1' }),
  length: `${reply()}!`,
  encoding: reply({ headers: 'Transfer-Encoding: chunked\r\n' }),
})) {
  counts(
    `a wrong ${name}`,
    `keep-alive --requests 60 ${ONE}`,
    { ok: 50, failures: { wrong: 10 }, reusedFailed: 0 },
    (socket, request) => socket.write(request === 5 ? wrong : reply()),
  );
}
counts(
  'no reply by the deadline',
  `keep-alive --requests 4 --hang-ms 75 ${ONE}`,
  { ok: 2, hung: 2, opened: 2 },
  (socket, request) => request === 0 && socket.write(reply()),
);
test('which requests got no reply', async (t) => {
  const { port, server } = await listen((socket, request, connection) => {
    if (connection === 1) socket.write(reply());
    else if (request === 0) socket.write(reply({ worker: 'w7' }));
  });
  t.after(() => server.close());
  const { hung, hungAt } = await load(port, `keep-alive --requests 4 --hang-ms 75 ${ONE}`);
  assert.equal(hung, 1);
  assert.equal(hungAt?.length, 1);
  assert.equal(hungAt[0].worker, 'w7');
  const agoMs = Number(process.hrtime.bigint() / 1_000_000n) - hungAt[0].startMs;
  assert.ok(agoMs >= 75 && agoMs < 5_000, `${agoMs} ms`);
});
counts(
  'a reply after the deadline',
  `keep-alive --requests 2 --hang-ms 75 ${ONE}`,
  { ok: 0, hung: 2, opened: 2 },
  (socket) => setTimeout(() => socket.write(reply()), 80),
);
counts(
  '--failures ends the run',
  `keep-alive --requests 5000000 --failures 2 ${ONE}`,
  { failed: 3, unfinished: 0 },
  (socket) => socket.end(),
);
counts(
  'http: EOF, wrong, without a length, ok',
  `http --connections 400 ${ONE}`,
  { ok: 200, failures: { EOF: 100, wrong: 100 }, reusedFailed: 0, opened: 400, closed: NONE },
  (socket, _request, connection) =>
    socket.end(
      ['', reply({ status: '500 Internal Server Error' }), reply(), reply().replace(/Con.*\n/, '')][
        connection % 4
      ],
    ),
);
counts(
  'storm: EOF, half a line, wrong, ok',
  `storm --connections 400 ${ONE}`,
  { ok: 100, failures: { EOF: 200, wrong: 100 }, opened: 400 },
  (socket, _request, connection) => socket.end(['', 'w0', '!\n', 'w0\n'][connection % 4]),
);

counts(
  'hold: connections are kept until the end of input',
  'hold --connections 300',
  { ok: 300, failed: 0, opened: 300, closed: NONE, workerConnections: { w0: 300 } },
  (socket) => socket.write('w0\n'),
);
let waiting = 0;
counts(
  'hold: one at a time',
  'hold --connections 20 --opening 1',
  { ok: 20, opened: 20, closed: NONE },
  (socket) => {
    const line = ++waiting === 1 ? 'w0\n' : '!\n';
    setTimeout(() => {
      waiting--;
      socket.write(line);
    }, 2);
  },
);
/** @type {net.Socket | undefined} */
let held;
counts(
  'hold: half a line and the end, wrong, closed while held, ok',
  'hold --connections 40 --opening 1',
  { ok: 20, failures: { EOF: 10, wrong: 10 }, opened: 40, closed: { ...NONE, idle: 10 } },
  (socket, _request, connection) => {
    const kind = connection % 4;
    if (kind === 0) socket.end('w0');
    if (kind === 1) socket.write('!\n');
    // The client has read the last one's line when it opens this one.
    if (kind === 3) held?.end();
    held = socket;
    if (kind > 1) socket.write('w0\n');
  },
);
counts(
  'hold: open connections by worker, and their worst gap at any time',
  'hold --connections 60 --opening 1',
  { workerOpen: { w0: 40, w1: 20 }, worstGap: 40, mostOpen: 40 },
  (socket, _request, connection) => socket.write(connection < 40 ? 'w0\n' : 'w1\n'),
);
counts(
  'hold: a gap that was there for a while',
  'hold --connections 60 --burst 10 --every-ms 20 --hold-ms 50',
  // Six bursts at 0, 20, … 100 ms. At the last one those of 60 ms and later are open, all of w1.
  { ok: 60, opened: 60, closed: NONE, workerConnections: { w0: 30, w1: 30 }, worstGap: 30 },
  (socket, _request, connection) => socket.write(connection < 30 ? 'w0\n' : 'w1\n'),
);
counts(
  'hold: --hold-ms closes in the order of opening, and an even deal stays even',
  'hold --connections 400 --burst 20 --every-ms 10 --hold-ms 40',
  { ok: 400, opened: 400, closed: NONE, worstGap: 1 },
  (socket, _request, connection) => socket.write(`w${connection % 4}\n`),
);
test('a burst is due all at once, whether or not the one before was answered', async () => {
  /** @type {number[]} */
  const times = [];
  const { port, server } = await listen((socket) => {
    times.push(performance.now());
    setTimeout(() => socket.end('w0\n'), 150);
  }, false);
  const { ok } = await load(port, 'storm --connections 30 --burst 10 --every-ms 100');
  server.close();
  assert.equal(ok, 30);
  for (const [from, to] of [
    [0, 9],
    [10, 19],
    [20, 29],
  ])
    assert.ok(times[to] - times[from] < 60, 'together');
  assert.ok(times[10] - times[0] > 80 && times[20] - times[10] > 80, 'each at its time');
});
test('--slowest names the slowest replies, their start and their worker', async () => {
  let connections = 0;
  const { port, server } = await listen((socket) => {
    const connection = connections++;
    setTimeout(() => socket.end(`w${connection}\n`), connection % 10 === 5 ? 50 + connection : 0);
  }, false);
  const start = Number(process.hrtime.bigint()) / 1e6;
  const { slowest = [], latencyMs } = await load(port, `storm --connections 40 --slowest 3 ${ONE}`);
  server.close();
  assert.deepEqual(
    slowest.map(({ worker }) => worker),
    ['w35', 'w25', 'w15'],
  );
  assert.equal(slowest[0].ms, latencyMs.max);
  assert.ok(slowest.every(({ startMs }) => startMs > start && startMs < start + 5_000));
  assert.ok(slowest[0].startMs > slowest[1].startMs && slowest[1].startMs > slowest[2].startMs);
});
test('--connects tells a client that is connected and hears nothing from one that is not', async () => {
  const { port, server } = await listen(
    (socket) => setTimeout(() => socket.end('w0\n'), 100),
    false,
  );
  const { hung, hungConnected, connectMs } = await load(
    port,
    'storm --connections 20 --concurrency 20 --connects 1 --hang-ms 60',
  );
  server.close();
  assert.deepEqual({ hung, hungConnected }, { hung: 20, hungConnected: 20 });
  assert.ok(connectMs && connectMs.samples === 20 && connectMs.max < 60);
});
counts(
  '--late-ms counts replies that took longer',
  `storm --connections 40 --late-ms 50 ${ONE}`,
  { ok: 40, late: 4 },
  (socket, _request, connection) =>
    setTimeout(() => socket.end('w0\n'), connection % 10 === 0 ? 75 : 0),
);
counts(
  'a time that is no number is a wrong reply',
  `storm --connections 40 ${ONE}`,
  { ok: 20, failures: { wrong: 20 } },
  (socket, _request, connection) => socket.end(connection % 2 === 0 ? 'w0 1\n' : 'w0 1x\n'),
);
test('handoffMs is from connect() to the time in the reply', async () => {
  const { port, server } = await listen((socket) => {
    const later = process.hrtime.bigint() + 500_000_000n;
    socket.end(`w0 ${later}\n`);
  }, false);
  const { handoffMs } = await load(port, `storm --connections 100 ${ONE}`);
  server.close();
  assert.ok(handoffMs && handoffMs.samples === 100);
  assert.ok(handoffMs.min > 500 && handoffMs.min < 600, 'the same clock');
  assert.ok(handoffMs.stddev > 0 && handoffMs.stddev < 100);
});

for (const command of ['keep-alive --requests', 'http --connections', 'storm --connections']) {
  test(`refused: ${command}`, async () => {
    const { port, server } = await listen(() => {});
    await once(server.close(), 'close');
    const { refused, failed, opened } = await load(port, `${command} 100`);
    assert.deepEqual({ refused, failed, opened }, { refused: 100, failed: 0, opened: 0 });
    const { elapsedS } = await load(port, `${command} 5000000 --seconds 1`);
    assert.ok(elapsedS < 1.5, 'refused for no longer than --seconds');
  });
}
counts(
  'a connection may go to another worker',
  `keep-alive --requests 100 ${ONE} --moves 1`,
  { ok: 100, moved: 99, workers: { w0: 50, w1: 50 }, workerConnections: { w0: 1, w1: 0 } },
  (socket, request) => socket.write(reply({ worker: `w${request % 2}` })),
);
counts(
  'or not',
  `keep-alive --requests 2 ${ONE}`,
  { ok: 1, failures: { wrong: 1 } },
  (socket, request) => socket.write(reply({ worker: `w${request % 2}` })),
);
test('an open loop on connections that were opened before it', async () => {
  /** @type {number[]} */
  const times = [];
  const { port, server } = await listen((socket) => {
    times.push(performance.now());
    socket.write(reply());
  });
  const options = '--concurrency 8 --opening 8 --rate 200 --begin-at-eof 1 --skip 18';
  const report = await load(port, `keep-alive --requests 48 ${options}`);
  server.close();
  assert.equal(report.opened, 8);
  assert.ok(times[8] - times[7] > 90, 'what follows waits for the end of input');
  assert.ok(report.latencyMs.max < 90, 'and that is in no latency');
  assert.ok(report.elapsedS > 0.19 && report.elapsedS < 0.4, 'nor in the rate');
  assert.equal(report.latencyMs.samples, 30);
  assert.deepEqual(report.workersAfterStart, { w0: 30 });
});
test('no new request after the end of input', async () => {
  const { port, server } = await listen((socket) => socket.end(reply()));
  const options = '--connections 5000000 --rate 200 --end-at-eof 1';
  const { started, ok, elapsedS } = await load(port, `http ${options}`);
  server.close();
  assert.ok(elapsedS < 1 && ok > 5 && ok < 200);
  assert.equal(ok, started, 'those under way are answered');
});
test('requests by chance, the same in every run', async () => {
  const options = '--concurrency 8 --opening 8 --rate 2000 --random 1 --slow-percent 10 --post 1';
  /** @type {string[][]} */
  const runs = [];
  for (let run = 0; run < 2; run++) {
    /** @type {string[]} */
    const asked = [];
    const paths = new Map();
    const { port, server } = await listen((socket, _request, connection) => {
      asked.push(`${connection} ${paths.get(socket)}`);
      socket.write(reply());
    });
    server.on('connection', (socket) => {
      socket.prependListener('data', (bytes) => {
        const [, path] =
          /^POST (\S+) HTTP\/1.1\r\n.*\r\nContent-Length: 2\r\n\r\nok$/s.exec(String(bytes)) ?? [];
        paths.set(socket, path);
      });
    });
    await load(port, `keep-alive --requests 1008 ${options}`);
    server.close();
    runs.push(asked.slice(8));
  }
  const slow = runs.map((asked) => asked.filter((one) => one.endsWith(' /slow')).length);
  assert.equal(runs[0].length, 1_000);
  assert.ok(slow[0] > 70 && slow[0] < 130, `${slow[0]} of 1,000 are slow`);
  assert.equal(slow[0], slow[1]);
  const others = runs[0].filter((one) => one.endsWith(' /')).length;
  assert.equal(others + slow[0], 1_000, 'all are POST with their body');
  const again = runs[0].filter((one, index) => one[0] === runs[0][index + 1]?.[0]).length;
  assert.ok(
    again > 40,
    `${again} on the connection of the one before, which in turn would be none`,
  );
});
test('--seconds ends a keep-alive run', async () => {
  const { port, server } = await listen((socket) => socket.write(reply()));
  const report = await load(port, 'keep-alive --requests 5000000 --seconds 1');
  server.close();
  assert.ok(report.elapsedS > 0.9 && report.elapsedS < 1.5);
  assert.equal(report.ok, report.started);
});
