/**
 * One of Node's own test files, run as Node's own runner runs it, on plain Node or with the preload:
 * how each of its processes ends and what it writes, and what test/fixtures/cluster-count.cjs has
 * counted in them meanwhile.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGISTER } from '../fixtures/cluster.js';
import { type Counts, counted } from '../fixtures/cluster-counts.js';
import { type ProcessRecord, recordedRun } from '../fixtures/recorded-run.js';

const LIMIT_MS = 40_000;

/** The Node to be tested. */
const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;

export interface Outcome {
  /** The primary and all that it started. */
  processes: ProcessRecord[];
  counts: Counts;
}

export interface Suite {
  /** Relative to its directory, sorted. */
  files: string[];
  /** Whether the files are of the same major version as the Node that runs them. */
  isOfThisNode: boolean;
  /** Of the Node that runs them. */
  version: string;
  run(file: string, isRondo: boolean): Promise<Outcome>;
}

export function openSuite(): Suite {
  const directory = findSource();
  const { stdout } = spawnSync(NODE, ['--version'], { encoding: 'utf8' });
  const header = readFileSync(path.join(directory, 'src/node_version.h'), 'utf8');
  const major = /^#define NODE_MAJOR_VERSION (\d+)$/m.exec(header)?.[1];
  const version = stdout.trim();
  const isOfThisNode = version.startsWith(`v${major}.`);
  return {
    files: ['test/parallel', 'test/sequential'].flatMap((part) => clusterTests(directory, part)),
    isOfThisNode,
    version,
    run: (file, isRondo) => runFile(directory, file, isRondo, isOfThisNode),
  };
}

function findSource(): string {
  const script = fileURLToPath(new URL('../../scripts/node-suite-source.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

function clusterTests(directory: string, part: string): string[] {
  return readdirSync(path.join(directory, part))
    .filter((name) => /^test-cluster-.*\.js$/.test(name))
    .sort()
    .map((name) => `${part}/${name}`);
}

async function runFile(
  directory: string,
  file: string,
  isRondo: boolean,
  isOfThisNode: boolean,
): Promise<Outcome> {
  const flags = /^\/\/ Flags: (.*)$/m.exec(readFileSync(path.join(directory, file), 'utf8'))?.[1];
  const preload = isRondo ? ['--import', REGISTER] : [];
  const { result, counts } = await counted((nodeOptions, env) =>
    recordedRun({
      node: NODE,
      args: [...(flags?.trim().split(/\s+/) ?? []), file],
      cwd: directory,
      limitMs: LIMIT_MS,
      nodeOptions: [...preload, ...nodeOptions],
      // The tests of one version do not know the globals of the next.
      env: isOfThisNode ? env : { ...env, NODE_TEST_KNOWN_GLOBALS: '0' },
    }),
  );
  return { processes: result, counts };
}
