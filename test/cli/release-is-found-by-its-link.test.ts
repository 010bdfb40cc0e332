// Started in a directory by a link that is turned to the next release, as deployments do it: a reload serves
// the new one, with its configuration, its .env and its working directory, also when the old one is gone.
// Before the reload all is of the old one.

import {
  copyFileSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { ask, type Run, runCli, temporaryDirectory } from '../fixtures/cluster-cli.js';
import { until } from '../fixtures/faults.js';
import { fixture } from '../fixtures/harness.js';

interface Releases {
  run: Run;
  directory: string;
  turn(release: string): void;
}

/** Started in the link by a shell, which names it in PWD. */
function startIn(t: Test, nodeFlags = '', args: string[] = []): Releases {
  const directory = realpathSync(temporaryDirectory(t));
  for (const release of ['one', 'two']) {
    const place = path.join(directory, 'releases', release);
    mkdirSync(place, { recursive: true });
    copyFileSync(fixture('release-app.cjs'), path.join(place, 'app.cjs'));
    copyFileSync(fixture('cli-agent.mjs'), path.join(place, 'agent.mjs'));
    writeFileSync(path.join(place, 'RELEASE'), release);
    writeFileSync(path.join(place, '.env'), `LETTER=${release[0]}\nFROM_OUTSIDE=no\n`);
    writeFileSync(path.join(place, 'rondo.json'), JSON.stringify({ args: [`of ${release}`] }));
  }
  const link = path.join(directory, 'current');
  const turn = (release: string): void => {
    symlinkSync(`releases/${release}`, `${link}.next`);
    renameSync(`${link}.next`, link);
  };
  turn('one');
  const script = `cd "$0" && node=$1 && shift && exec "$node" ${nodeFlags} "$@"`;
  const all = ['start', 'app.cjs', '-w', '2', '--config', 'rondo.json', ...args];
  const run = runCli(t, all, { FROM_OUTSIDE: 'yes' }, { through: ['sh', '-c', script, link] });
  return { run, directory, turn };
}

function expected(directory: string, release: string): object {
  return { release, cwd: path.join(directory, 'releases', release), args: [`of ${release}`] };
}

async function reload(run: Run): Promise<void> {
  run.child.kill('SIGHUP');
  await run.says(/^rondo: reload: done$/m);
}

test('the old one is gone', async (t) => {
  const { run, directory, turn } = startIn(t);
  const port = await run.listening(2);
  t.match(JSON.parse(await ask(port)), expected(directory, 'one'));
  turn('two');
  rmSync(path.join(directory, 'releases/one'), { recursive: true });
  await reload(run);
  for (let i = 0; i < 4; i++) t.match(JSON.parse(await ask(port)), expected(directory, 'two'));
});

test('not before the reload', async (t) => {
  const { run, directory, turn } = startIn(t);
  const port = await run.listening(2);
  turn('two');
  process.kill(run.workers()[0]?.pid as number, 'SIGKILL');
  await run.listening(3);
  for (let i = 0; i < 4; i++) {
    t.match(JSON.parse(await ask(port)), { ...expected(directory, 'one') });
  }
});

test('the agent', async (t) => {
  const { run, directory, turn } = startIn(t, '', ['--agent', 'agent.mjs']);
  const [, pid] = await run.says(/^rondo: agent \(pid (\d+)\) ready$/m);
  await run.listening(2);
  turn('two');
  rmSync(path.join(directory, 'releases/one'), { recursive: true });
  process.kill(Number(pid), 'SIGKILL');
  // Between them may stand that the configuration is another one.
  await run.says(/^rondo: agent ended by SIGKILL\n(.*\n)*rondo: agent \(pid \d+\) ready$/m);
});

test('--env-file', async (t) => {
  const { run, turn } = startIn(t, '--env-file=.env');
  const port = await run.listening(2);
  t.match(JSON.parse(await ask(port)), { LETTER: 'o', FROM_OUTSIDE: 'yes' });
  turn('two');
  await reload(run);
  t.match(JSON.parse(await ask(port)), { LETTER: 't', FROM_OUTSIDE: 'yes' });
});

test('--env-file that was changed, without a link', async (t) => {
  const { run, directory } = startIn(t, '--env-file .env');
  const port = await run.listening(2);
  writeFileSync(path.join(directory, 'releases/one/.env'), 'OTHER=1\n');
  await reload(run);
  const answer = JSON.parse(await ask(port));
  t.notOk('LETTER' in answer, 'one that is no longer in it is gone');
});

test('PWD that leads elsewhere is not heeded', async (t) => {
  const directory = realpathSync(temporaryDirectory(t));
  copyFileSync(fixture('release-app.cjs'), path.join(directory, 'app.cjs'));
  writeFileSync(path.join(directory, 'RELEASE'), 'here');
  const args = ['start', 'app.cjs', '-w', '1'];
  for (const PWD of ['/', path.join(directory, 'nowhere'), '.']) {
    const run = runCli(t, args, { PWD }, { cwd: directory });
    const port = await run.listening(1);
    t.match(JSON.parse(await ask(port)), { release: 'here', cwd: directory }, PWD);
    run.child.kill('SIGTERM');
    t.equal(await run.end, 0);
  }
});

test('the link leads nowhere', async (t) => {
  const { run, directory } = startIn(t);
  const port = await run.listening(2);
  rmSync(path.join(directory, 'current'));
  run.child.kill('SIGHUP');
  await until('it is said', () => /^rondo: .*rondo\.json': ENOENT/m.test(run.stderr()));
  t.match(JSON.parse(await ask(port)), { release: 'one' }, 'the old workers serve');
});
