// The files of the page about containers: Kubernetes' own client knows every field of the Deployment, its times fit
// each other, and rondo takes its arguments, as it takes those of the image.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Test, test } from 'tap';
import { parseArguments, type StartArguments } from '../../src/cli/arguments.js';
import {
  type ValidSupervisorOptions,
  validateSupervisorOptions,
} from '../../src/supervisor/options.js';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

/** The one block of that language with that text in it, in whichever page it is. */
function blockWith(t: Test, language: string, text: string): string {
  const pages = [docs, path.join(docs, 'operate')].flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => name.endsWith('.md'))
      .map((name) => readFileSync(path.join(directory, name), 'utf8')),
  );
  const found = pages
    .flatMap((page) => [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)])
    .filter(([, its, content]) => its === language && content?.includes(text));
  t.ok(found.length > 0, `there is ${text} in ${language}`);
  return found[0]?.[2] ?? '';
}

/** Of a command line as it stands on the page; what `--metrics` takes is no option of a Supervisor. */
function optionsOf(words: string[]): ValidSupervisorOptions {
  const [bin, ...rest] = words;
  if (bin !== 'node_modules/.bin/rondo') throw new Error(`it runs ${bin}`);
  const metrics = rest.indexOf('--metrics');
  if (metrics >= 0) rest.splice(metrics, 2);
  const { settings, file } = parseArguments(rest) as StartArguments;
  return validateSupervisorOptions({ ...settings, exec: file as string });
}

/** The longest that a stop takes, in seconds. */
function stopSeconds({
  stopDelayMs,
  drainTimeoutMs,
  killTimeoutMs,
}: ValidSupervisorOptions): number {
  return (stopDelayMs + drainTimeoutMs + 2 * killTimeoutMs) / 1_000;
}

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

/** Needs no cluster. */
function kubectl(args: string[], input: string) {
  const { stdout, stderr, status } = spawnSync(
    'kubectl',
    [...args, '--local', '-f', '-', '-o', 'json'],
    {
      input,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

function leavesOf(value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [`${at}=${value}`];
  return Object.entries(value).flatMap(([key, its]) => leavesOf(its, `${at}.${key}`));
}

test('the Deployment', hasKubectl ? {} : { skip: 'needs kubectl' }, (t) => {
  const text = blockWith(t, 'yaml', 'kind: Deployment');
  // As it stands there, and with what Kubernetes does not know left out.
  const given = kubectl(['annotate', 'a=b'], text);
  const known = kubectl(['set', 'image', 'app=app:2'], text);
  const unknown = leavesOf(given).filter(
    (leaf) => !/annotations|image=/.test(leaf) && !leavesOf(known).includes(leaf),
  );
  t.strictSame(unknown, []);
  const { containers, terminationGracePeriodSeconds } = known.spec.template.spec;
  const [{ command, args, ports, resources, ...probes }] = containers;
  const options = optionsOf([...command, ...args]);
  t.ok(
    terminationGracePeriodSeconds > stopSeconds(options),
    'a stop has the time that it may take',
  );
  const names = ports.map(({ name }: { name: string }) => name);
  for (const [probe, where] of [
    ['readinessProbe', '/ready'],
    ['livenessProbe', '/live'],
  ] as const) {
    t.match(probes[probe].httpGet, { path: where });
    t.ok(names.includes(probes[probe].httpGet.port), probe);
  }
  const { periodSeconds, failureThreshold } = probes.readinessProbe;
  t.ok(
    options.stopDelayMs > periodSeconds * failureThreshold * 1_000,
    'it is out before the drain',
  );
  t.ok(Number(resources.limits.cpu) > 0);
  t.end();
});

test('the image', (t) => {
  const text = blockWith(t, 'dockerfile', 'HEALTHCHECK').replaceAll('\\\n', '');
  const [, check = ''] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(text) ?? [];
  const [node, flag, program] = JSON.parse(check) as string[];
  t.strictSame([node, flag], ['node', '-e']);
  t.equal(spawnSync(process.execPath, ['--check', '-'], { input: program }).status, 0);
  const [, command = ''] = /^CMD (\[.*\])$/m.exec(text) ?? [];
  // What `docker stop` waits for.
  t.ok(stopSeconds(optionsOf(JSON.parse(command))) <= 10);
  t.end();
});
