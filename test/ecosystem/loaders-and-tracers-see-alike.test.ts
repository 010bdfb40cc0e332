// A loader of TypeScript and a tracer, which put hooks into how modules are loaded: a program starts with them under
// `rondo start` as under plain Node, and what they see of its requests is the same, on connections of their own and on
// one that stays.

import http from 'node:http';
import { type Test, test } from 'tap';
import { until } from '../fixtures/faults.js';
import { program, type Running, run } from './lib/running.js';
import type { Spec } from './lib/specs.js';

const REQUESTS = 20;
const WORKERS = 2;

/** By file, since the programs run in the folder of rondo. */
const url = (name: string): string => import.meta.resolve(name);
const hooks = url('@opentelemetry/instrumentation/hook.mjs');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
/** What this version of OpenTelemetry asks for. */
const hasOpenTelemetry = major > 22 || (major === 22 && minor >= 15);

const PROGRAMS: Array<Spec & { answer: RegExp; spans: string[]; skip?: string | false }> = [
  {
    name: 'tsx',
    program: 'typed.ts',
    packages: ['tsx'],
    group: 'frameworks',
    nodeOptions: `--import ${url('tsx')}`,
    answer: /^typed (\d+)$/,
    spans: [],
  },
  {
    name: 'OpenTelemetry',
    program: 'traced.mjs',
    packages: ['@opentelemetry/instrumentation'],
    group: 'frameworks',
    nodeOptions: `--require ${program('lib/tracing.cjs')} --experimental-loader ${hooks}`,
    answer: /^traced (\d+)$/,
    spans: ['span GET /', 'span request handler'],
    skip: !hasOpenTelemetry && 'it needs Node.js 22.15',
  },
];

for (const spec of PROGRAMS) {
  test(spec.name, { skip: spec.skip ?? false }, async (t) => {
    const plain = await seenOf(t, spec, false);
    t.ok(
      spec.spans.every((span) => plain.has(span)),
      `plain Node: ${[...plain.keys()]}`,
    );
    t.strictSame(await seenOf(t, spec, true), plain);
  });
}

/** How often each line was written, for twice as many requests as REQUESTS. */
async function seenOf(t: Test, spec: (typeof PROGRAMS)[number], isRondo: boolean) {
  const way = isRondo ? 'rondo start' : 'plain Node';
  const running = await run(spec, { isRondo, workers: WORKERS, sink: '' });
  const pids = new Set<string>();
  const one = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const each = new http.Agent({ keepAlive: false });
  for (const agent of [each, one]) {
    for (let i = 0; i < REQUESTS; i++) {
      const [, pid] = spec.answer.exec(await ask(running, agent)) ?? [];
      pids.add(pid ?? 'another answer');
    }
  }
  one.destroy();
  t.equal(pids.size, isRondo ? WORKERS : 1, `${way}: ${[...pids]}`);
  const lines = spec.spans.length * 2 * REQUESTS;
  await until('all spans are written', () => running.words.length >= lines);
  running.signal('SIGTERM');
  const end = await running.ended;
  t.strictSame(end, isRondo ? { code: 0, signal: null } : { code: null, signal: 'SIGTERM' }, way);
  return count(running.words);
}

function ask({ port }: Running, agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ port, host: '127.0.0.1', agent }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve(body);
    });
    request.on('error', reject);
  });
}

function count(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
