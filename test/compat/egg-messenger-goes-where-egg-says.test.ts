// Who hears what of egg's messenger, between a parent, a Supervisor's primary, its agent and two workers, and in
// which order they are told of each other.

import { test } from 'tap';
import { type EggProgram, type Heard, startEgg } from '../fixtures/compat-egg.js';

const isEggReady = ({ who, action }: Heard, of: string): boolean =>
  who === of && action === 'egg-ready';

async function allReady(program: EggProgram): Promise<Record<string, number>> {
  const pids: Record<string, number> = { master: program.master };
  for (const who of ['parent', 'master', 'agent', 'app 0', 'app 1']) {
    const { pid } = await program.hears((heard) => isEggReady(heard, who));
    if (who !== 'parent') pids[who] = pid;
  }
  return pids;
}

test('everybody hears what is meant for them', async (t) => {
  const program = startEgg(t);
  const pids = await allReady(program);
  const rows: Array<[string, string, unknown[], string[]]> = [
    ['app 0', 'broadcast', ['hello', 1], ['agent: 1', 'app 0: 1', 'app 1: 1']],
    ['app 0', 'sendToApp', ['hello', 2], ['app 0: 2', 'app 1: 2']],
    ['app 0', 'sendToAgent', ['hello', 3], ['agent: 3']],
    ['app 0', 'sendRandom', ['hello', 4], ['agent: 4']],
    ['app 1', 'sendTo', [pids['app 0'], 'hello', 5], ['app 0: 5']],
    ['app 1', 'sendTo', [pids['app 1'], 'hello', 6], ['app 1: 6']],
    ['app 1', 'sendTo', [String(pids['agent']), 'hello', 7], ['agent: 7']],
    ['app 1', 'sendTo', [pids['master'], 'hello', 8], ['master: 8']],
    ['app 1', 'sendTo', [process.pid, 'hello', 9], []],
    ['app 1', 'send', ['hello', 10], ['agent: 10']],
    ['app 1', 'send', ['hello', 11, 'parent'], ['parent: 11']],
    ['app 1', 'send', [{ action: 'hello', data: 12, to: 'master' }], ['master: 12']],
    ['agent', 'broadcast', ['hello', 20], ['agent: 20', 'app 0: 20', 'app 1: 20']],
    ['agent', 'sendToApp', ['hello', 21], ['app 0: 21', 'app 1: 21']],
    ['agent', 'sendToAgent', ['hello', 22], ['agent: 22']],
    ['agent', 'sendTo', [pids['app 1'], 'hello', 23], ['app 1: 23']],
    ['agent', 'send', ['hello', 24], ['app 0: 24', 'app 1: 24']],
    ['agent', 'send', ['hello', 25, 'master'], ['master: 25']],
    ['agent', 'send', ['hello', 26, 'parent'], ['parent: 26']],
    ['master', 'broadcast', ['hello', 30], ['agent: 30', 'app 0: 30', 'app 1: 30']],
    ['master', 'sendTo', [pids['app 0'], 'hello', 31], ['app 0: 31']],
    ['master', 'send', ['hello', 32], []],
    ['master', 'send', ['hello', 33, 'master'], ['master: 33']],
    ['master', 'send', ['hello', 34, 'parent'], ['parent: 34']],
    ['parent', 'send', ['hello', 40], ['master: 40']],
    ['parent', 'broadcast', ['hello', 41], ['agent: 41', 'app 0: 41', 'app 1: 41']],
    ['parent', 'sendToAgent', ['hello', 42], ['agent: 42']],
    ['parent', 'sendTo', [pids['app 0'], 'hello', 43], ['app 0: 43']],
    ['parent', 'sendTo', [pids['master'], 'hello', 44], ['master: 44']],
  ];
  for (const [who, method, args, heard] of rows) {
    const what = `${who}.${method}(${args.map((arg) => JSON.stringify(arg))})`;
    t.strictSame(await program.says(who, pids[who] ?? 0, method, ...args), heard, what);
  }
  const apps = new Set<string>();
  while (apps.size < 2) {
    const [one, ...more] = await program.says(
      'agent',
      pids['agent'] as number,
      'sendRandom',
      'hello',
    );
    t.strictSame(more, [], 'to one app');
    apps.add(one as string);
  }
  await program.stop();
});

test('they are told of each other as egg does', async (t) => {
  const program = startEgg(t);
  const pids = await allReady(program);
  const { heard, hears } = program;
  const of = (who: string): string[] =>
    heard.filter((one) => one.who === who).map(({ action }) => action);
  const agent = pids['agent'] as number;
  const apps = [pids['app 0'] as number, pids['app 1'] as number];

  t.strictSame(of('master'), ['agent-start', 'app-start', 'app-start', 'egg-ready']);
  const hearReady = heard.filter(({ action }) => action === 'egg-ready').map(({ who }) => who);
  t.equal(hearReady[0], 'parent', 'the parent first');
  t.equal(hearReady.length, 5, 'each once');
  const told = heard.find((one) => isEggReady(one, 'parent'))?.data as Record<string, unknown>;
  t.match(told, { port: Number, protocol: 'http', address: `http://127.0.0.1:${told['port']}` });
  for (const who of ['app 0', 'app 1']) {
    t.strictSame(
      of(who).filter((one) => one !== 'agent-start'),
      ['egg-pids', 'egg-ready'],
    );
    t.strictSame(heard.find((one) => one.who === who && one.action === 'egg-pids')?.data, [agent]);
  }
  t.strictSame(of('agent'), ['egg-pids', 'egg-pids', 'egg-ready']);
  const ready = heard.filter((one) => isEggReady(one, 'agent') || isEggReady(one, 'app 0'));
  t.strictSame(
    ready.map(({ data }) => data),
    [{ name: 'program' }, { name: 'program' }],
  );
  t.equal((await hears(({ action }) => action === 'too late')).data, 'ERR_RONDO_SUPERVISOR_STATE');

  let since = heard.length;
  const after = (who: string, action: string): Promise<Heard> =>
    hears((one) => one.who === who && one.action === action, since);
  process.kill(apps[0] as number, 'SIGKILL');
  await after('parent', 'app-worker-died');
  t.match((await after('master', 'app-exit')).data, { workerId: apps[0], signal: 'SIGKILL' });
  t.strictSame((await after('agent', 'egg-pids')).data, [apps[1]]);
  const { pid: second } = await after('app 0', 'egg-ready');
  await after('app 1', 'egg-ready');
  const both = await hears(
    (one) => one.who === 'agent' && (one.data as number[]).length === 2,
    since,
  );
  t.strictSame(both.data, [apps[1], second], 'the new one is known');

  since = heard.length;
  process.kill(agent, 'SIGKILL');
  await after('parent', 'agent-worker-died');
  t.match((await after('master', 'agent-exit')).data, { code: null, signal: 'SIGKILL' });
  t.strictSame((await after('app 1', 'egg-pids')).data, []);
  const { pid: other } = await after('agent', 'egg-ready');
  t.strictSame((await after('agent', 'egg-pids')).data, [apps[1], second]);
  await after('app 0', 'agent-start');
  const told0 = heard.slice(since).filter((one) => one.who === 'app 0');
  t.strictSame(
    told0.map(({ action, data }) => [action, data]),
    [
      ['egg-pids', []],
      ['egg-pids', [other]],
      ['agent-start', undefined],
    ],
  );
  await program.stop();
  t.strictSame(of('parent').slice(-1), ['agent-worker-died'], 'and of a stop nobody is told');
});
