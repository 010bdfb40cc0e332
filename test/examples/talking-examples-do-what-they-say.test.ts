// The examples of messages between workers, each spoken to and ended.

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'tap';
import { WebSocket } from 'ws';
import { get, isFree, startExample } from '../fixtures/examples.js';

const PORT = /localhost:(\d+)/;

test('chat.mjs', async (t) => {
  const chat = startExample(t, 'chat.mjs');
  const port = Number((await chat.prints(PORT))[1]);
  const people: WebSocket[] = [];
  const workers = new Set<string>();
  const heard: string[][] = [];
  const hears = async (index: number, line: string): Promise<void> => {
    while (!heard[index]?.includes(line)) await once(people[index] as WebSocket, 'message');
  };
  for (let index = 0; workers.size < 2 && index < 20; index++) {
    const person = new WebSocket(`ws://127.0.0.1:${port}/p${index}`);
    const lines: string[] = [];
    person.on('message', (text) => lines.push(String(text)));
    people.push(person);
    heard.push(lines);
    while (lines.length === 0) await once(person, 'message');
    workers.add(/ has come to worker (\d)$/.exec(lines[0] ?? '')?.[1] ?? '');
  }
  t.equal(workers.size, 2, 'they are on two workers');
  const last = people.length - 1;
  await hears(0, heard[last]?.[0] as string);

  people[0]?.send('hello');
  for (const index of people.keys()) await hears(index, 'p0: hello');
  people[last]?.send('hello to you');
  await hears(0, `p${last}: hello to you`);
  people[last]?.close();
  await hears(0, `p${last} has left`);
  const said = heard[0]?.filter((line) => line.includes(': '));
  t.strictSame(said, ['p0: hello', `p${last}: hello to you`], 'each once, in order');
  const closed = once(people[0] as WebSocket, 'close');
  await chat.interrupt(t);
  t.equal((await closed)[0], 1001, 'who is still there is told');
  t.ok(await isFree(port));
});

test('agent-config.mjs', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'rondo-agent-config-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'config.json');
  const program = startExample(t, 'agent-config.mjs', { CONFIG: file });
  const port = Number((await program.prints(PORT))[1]);
  await program.prints(new RegExp(`ask again: +${file}`));
  /** What both workers answer, when they agree on the greeting. */
  const answers = async (greeting: string): Promise<Set<string>> => {
    const all = new Set<string>();
    while (all.size < 2) {
      const answer = await get(port);
      if (answer.startsWith(greeting)) all.add(answer);
    }
    return all;
  };
  const before = await answers('Hello from process ');
  writeFileSync(file, 'not JSON');
  await program.prints(/The configuration stays as it is: .*JSON/);
  writeFileSync(file, '{ "greeting": "Good evening" }');
  const after = await answers('Good evening from process ');
  const pids = (texts: Set<string>): string[] =>
    [...texts].map((text) => text.split(' ').at(-1) ?? '').sort();
  t.strictSame(pids(after), pids(before), 'of the same workers');
  t.match(await get(port), /^Good evening/, 'and no other answer any more');
  process.kill(Number(pids(after)[0]), 'SIGKILL');
  let third = '';
  while (third === '') {
    const answer = await get(port).catch(() => '');
    if (answer !== '' && !after.has(answer)) third = answer;
  }
  t.match(third, /^Good evening/, 'one that starts later has it, too');
  await program.interrupt(t);
  t.ok(await isFree(port));
});

test('fill-once.mjs', async (t) => {
  const program = startExample(t, 'fill-once.mjs');
  const port = Number((await program.prints(PORT))[1]);
  const answers = await Promise.all(Array.from({ length: 12 }, () => get(port, '/a')));
  t.match(answers[0], /^\/a, filled by process \d+ \(its 1\.\)\n$/);
  t.equal(new Set(answers).size, 1, 'one worker has filled it, for all');
  t.equal(await get(port, '/a'), answers[0], 'also for those who come later');
  t.match(await get(port, '/b'), /^\/b, filled by process \d+/);

  // The one that is filling it dies; who waits for it is told, and the next one who asks fills it.
  const filler = Number(/process (\d+)/.exec(answers[0] as string)?.[1]);
  process.kill(filler, 'SIGKILL');
  t.equal(await get(port, '/a'), answers[0], 'a value outlives who has filled it');
  await program.interrupt(t);
  t.ok(await isFree(port));
});

test('unix-proxy.mjs', async (t) => {
  const program = startExample(t, 'unix-proxy.mjs');
  for (const way of ['Proxy', 'Hub']) {
    for (const [one, other] of [
      [1, 2],
      [1, 3],
      [2, 3],
    ]) {
      const pattern = new RegExp(
        `^${way}: (?:${one} greets ${other}|${other} greets ${one})$`,
        'm',
      );
      t.ok(await program.prints(pattern), `${way}: of ${one} and ${other}, one greets the other`);
    }
  }
  t.equal(program.output().match(/^Proxy: /gm)?.length, 3);
  await program.interrupt(t);
});
