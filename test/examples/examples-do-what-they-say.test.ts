// The other examples, each asked over a socket and ended.

import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { test } from 'tap';
import { get, isAnyLeft, isFree, startExample } from '../fixtures/examples.js';
import { nativeOnly, read, transports } from '../fixtures/harness.js';

const PORT = /localhost[: ](\d+)/;
const examples = new URL('../../examples/', import.meta.url);

for (const transport of transports()) {
  const env = transport === 'ipc' ? { RONDO_NATIVE: '0' } : {};

  test(`${transport}: tcp.mjs`, async (t) => {
    const game = startExample(t, 'tcp.mjs', env);
    const port = Number((await game.prints(PORT))[1]);
    const players: net.Socket[] = [];
    const hosts = new Set<string>();
    // The first are on one worker, as long as the other starts.
    while (hosts.size < 2 && players.length < 500) {
      const player = net.connect(port, '127.0.0.1').setEncoding('utf8');
      const [greeting] = (await once(player, 'data')) as [string];
      hosts.add(/^Process (\d+) thinks/.exec(greeting)?.[1] ?? greeting);
      players.push(player);
    }
    t.equal(hosts.size, 2, 'players are on both workers');

    const [player] = players as [net.Socket];
    player.write('x\n');
    t.strictSame(await once(player, 'data'), ['A number?\n']);
    let low = 1;
    let high = 100;
    for (let answer = ''; answer !== 'Right!\n'; ) {
      const guess = Math.floor((low + high) / 2);
      player.write(`${guess}\n`);
      [answer] = (await once(player, 'data')) as [string];
      if (answer === 'More.\n') low = guess + 1;
      else if (answer === 'Less.\n') high = guess - 1;
      else t.equal(answer, 'Right!\n');
      if (low > high) return t.fail('it has no number');
    }
    for (const other of players) other.on('error', () => {});
    await game.interrupt(t);
    for (const other of players) other.destroy();
    t.ok(await isFree(port));
  });

  test(`${transport}: two-listeners.mjs`, async (t) => {
    const servers = startExample(t, 'two-listeners.mjs', env);
    const site = Number((await servers.prints(/site:.*:(\d+)/))[1]);
    const admin = Number((await servers.prints(/admin:.*:(\d+)/))[1]);
    t.not(site, admin);
    for (let i = 0; i < 4; i++) t.equal(await get(site), 'Welcome\n');
    const served = new Map<string, number>();
    while (served.size < 2) {
      const [, pid = '', count] = /^Process (\d+) has served (\d+)\n$/.exec(await get(admin)) ?? [];
      served.set(pid, Number(count));
    }
    t.equal(
      [...served.values()].reduce((sum, count) => sum + count),
      4,
      'each by some worker',
    );
    await servers.interrupt(t);
    t.ok((await isFree(site)) && (await isFree(admin)));
  });

  test(`${transport}: replace-dead-worker.mjs`, async (t) => {
    const servers = startExample(t, 'replace-dead-worker.mjs', env);
    const port = Number((await servers.prints(PORT))[1]);
    const before = new Set<string>();
    while (before.size < 2) before.add(await get(port));
    t.ok(before.has(await get(port, '/exit').catch(() => [...before][0] as string)));
    const [, gone] = await servers.prints(/^Process (\d+) in slot \d is gone \(1\)/m);
    t.ok(before.has(`process ${gone}\n`), 'it says which one is gone');
    const after = new Set<string>();
    while (after.size < 2) after.add(await get(port));
    t.notOk(after.has(`process ${gone}\n`), 'another one serves in its place');
    await servers.interrupt(t);
    t.ok(await isFree(port));
    t.equal(servers.output().match(/is gone/g)?.length, 1, 'and none at the end');
  });
}

for (const transport of transports()) {
  const env = transport === 'ipc' ? { RONDO_NATIVE: '0' } : {};

  test(`${transport}: supervisor.mjs`, async (t) => {
    const server = startExample(t, 'supervisor.mjs', env);
    const port = Number((await server.prints(PORT))[1]);
    await server.prints(new RegExp(`kill -HUP ${server.child.pid}\n`));
    const pids = async (): Promise<Set<string>> => {
      const answers = new Set<string>();
      while (answers.size < 2) answers.add(await get(port));
      return answers;
    };
    const before = await pids();
    const failed = /^process (\d+) in seat \d\n$/.exec(await get(port, '/throw'))?.[1];
    t.ok([...before].some((answer) => answer.includes(`process ${failed} `)));
    await server.prints(new RegExp(`^Process ${failed} has ended \\(error, 1\\) \\{`, 'm'));
    const after = await pids();
    t.equal(new Set([...before, ...after]).size, 3, 'one is another');
    server.child.kill('SIGHUP');
    await server.prints(/(?:ended \(reload, 0\)[\s\S]*){2}/);
    const reloaded = await pids();
    for (const answer of reloaded) t.notOk(after.has(answer), 'all are others');
    await server.interrupt(t);
    t.match(server.output(), /(?:ended \(stop, 0\)[\s\S]*){2}/);
    t.ok(await isFree(port));
  });
}

test('fd-passing.mjs', nativeOnly, async (t) => {
  const program = startExample(t, 'fd-passing.mjs');
  const port = Number((await program.prints(PORT))[1]);
  const ended = once(program.child, 'close');
  const text = await read(port);
  const [, pid, line] = /^Greetings from process (\d+): (.*)\n$/.exec(text) ?? [];
  t.not(Number(pid), program.child.pid, 'another process answers');
  t.equal(line, readFileSync(new URL('fd-passing.mjs', examples), 'utf8').split('\n')[0]);
  t.strictSame(await ended, [0, null], 'and it ends by itself');
  t.notOk(isAnyLeft(program.child));

  const waiting = startExample(t, 'fd-passing.mjs');
  await waiting.prints(PORT);
  waiting.child.kill('SIGINT');
  await once(waiting.child, 'close');
  t.notOk(isAnyLeft(waiting.child), 'Ctrl-C ends it');
});

test('each is short, explained, and tested here', async (t) => {
  const tests = readdirSync(new URL('.', import.meta.url))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'));
  const names = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.mjs'),
  );
  t.ok(names.length >= 5);
  for (const name of names) {
    const lines = readFileSync(new URL(name, examples), 'utf8').trimEnd().split('\n');
    // One shows how the same is done by hand.
    const most = name === 'unix-proxy.mjs' ? 66 : 54;
    t.ok(lines.length <= most, `${name} has ${lines.length} lines`);
    t.match(lines[0], /^\/\/ [A-Z]|^\/\/ rondo\/fd/, `${name} begins with what it is`);
    t.ok(
      tests.some((text) => text.includes(`'${name}'`)),
      `${name} is tested`,
    );
  }
});
