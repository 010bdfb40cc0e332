/**
 * One of Node's own test files, run as Node's own runner runs it, on plain Node or with the preload:
 * how each of its processes ends and what it writes, and what test/fixtures/cluster-count.cjs has
 * counted in them meanwhile.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGISTER } from '../fixtures/cluster.js';
import { fixture } from '../fixtures/harness.js';
import { type ProcessRecord, recordedRun } from '../fixtures/recorded-run.js';

const LIMIT_MS = 40_000;

/** The Node to be tested. */
const NODE = process.env.NODE_UNDER_TEST ?? process.execPath;

export interface Counts {
  /** Listeners of Node's round robin that a worker was given, and the connections that it sent. */
  nodeListeners: number;
  nodeConnections: number;
  /** The same of rondo, and the primaries that have forked on it. */
  rondoListeners: number;
  rondoConnections: number;
  dispatchers: number;
}

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
  const scratch = mkdtempSync(path.join(tmpdir(), 'rondo-node-suite-'));
  const counted = path.join(scratch, 'counts');
  const count = ['--require', JSON.stringify(fixture('cluster-count.cjs'))];
  try {
    const processes = await recordedRun({
      node: NODE,
      args: [...(flags?.trim().split(/\s+/) ?? []), file],
      cwd: directory,
      limitMs: LIMIT_MS,
      nodeOptions: isRondo ? ['--import', REGISTER, ...count] : count,
      env: {
        CLUSTER_COUNT_FILE: counted,
        // The tests of one version do not know the globals of the next.
        ...(isOfThisNode ? {} : { NODE_TEST_KNOWN_GLOBALS: '0' }),
      },
    });
    return { processes, counts: readCounts(counted) };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function readCounts(file: string): Counts {
  const counts: Counts = {
    nodeListeners: 0,
    nodeConnections: 0,
    rondoListeners: 0,
    rondoConnections: 0,
    dispatchers: 0,
  };
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  for (const line of lines) {
    const some = JSON.parse(line) as Partial<Counts>;
    for (const [name, count] of Object.entries(some)) counts[name as keyof Counts] += count;
  }
  return counts;
}
