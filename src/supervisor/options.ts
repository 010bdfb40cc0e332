/** Validation of a Supervisor's options, and their defaults. */

import { type ValidDispatcherOptions, validateDispatcherOptions } from '../dispatcher/options.js';
import { invalidOption } from '../errors.js';
import { checkInteger, checkKeys, checkOneOf } from '../options.js';
import { MOST_WORKERS, machine, memoryOf, workersOf } from './machine.js';
import type { EnvFile, SupervisorOptions } from './types.js';
import { validateEnvFiles } from './variables.js';

export { MOST_WORKERS };

/** What fits a timer; one that is longer ends at once. */
export const LONGEST_MS = 0x7fff_ffff;

/** For a timer, out of several times. */
export function sumMs(...times: number[]): number {
  return Math.min(
    LONGEST_MS,
    times.reduce((sum, ms) => sum + ms, 0),
  );
}

/** Numbers: least, most, and what it is without. */
const NUMBERS = {
  startTimeoutMs: [1, LONGEST_MS, () => 30_000],
  maxRestarts: [0, 1_000_000, () => 10],
  restartWindowMs: [1, LONGEST_MS, () => 60_000],
  minUptimeMs: [0, LONGEST_MS, () => 1_000],
  backoffMinMs: [1, LONGEST_MS, () => 100],
  backoffMaxMs: [1, LONGEST_MS, () => 10_000],
  idleGraceMs: [0, LONGEST_MS, () => 1_000],
  drainTimeoutMs: [0, LONGEST_MS, () => 30_000],
  killTimeoutMs: [1, LONGEST_MS, () => 5_000],
  stopDelayMs: [0, LONGEST_MS, () => 0],
  handlerTimeoutMs: [0, LONGEST_MS, () => 5_000],
  retryStoppedMs: [0, LONGEST_MS, () => 300_000],
  upgradeTimeoutMs: [0, LONGEST_MS, () => 0],
  parallel: [1, MOST_WORKERS, () => 1],
  maxConnections: [0, Number.MAX_SAFE_INTEGER, () => 0],
  maxAgeMs: [0, Number.MAX_SAFE_INTEGER, () => 0],
  healthCheckMs: [0, LONGEST_MS, () => 10_000],
} as const;

type NumberOption = keyof typeof NUMBERS;

const KEYS: Record<keyof SupervisorOptions, true> = {
  policy: true,
  window: true,
  transport: true,
  takeBackMs: true,
  pickTimeoutMs: true,
  rebalance: true,
  proxyProtocol: true,
  sticky: true,
  maxOpenConnections: true,
  exec: true,
  args: true,
  execArgv: true,
  require: true,
  import: true,
  nodeArgs: true,
  envFile: true,
  env: true,
  readyWhen: true,
  guard: true,
  agent: true,
  sockets: true,
  hangTimeoutMs: true,
  workers: true,
  startTimeoutMs: true,
  maxRestarts: true,
  restartWindowMs: true,
  minUptimeMs: true,
  backoffMinMs: true,
  backoffMaxMs: true,
  idleGraceMs: true,
  drainTimeoutMs: true,
  killTimeoutMs: true,
  stopDelayMs: true,
  handlerTimeoutMs: true,
  retryStoppedMs: true,
  upgradeTimeoutMs: true,
  parallel: true,
  maxConnections: true,
  maxAgeMs: true,
  maxMemoryMb: true,
  healthCheckMs: true,
};

export interface ValidSupervisorOptions extends Record<NumberOption, number> {
  exec: string;
  workers: number;
  maxMemoryMb: number;
  /** Of the workers. */
  cwd: string;
  args: string[];
  execArgv: string[];
  require: string[];
  import: string[];
  nodeArgs: string[];
  envFile: Required<EnvFile>[];
  /** What is in those files; read where the program is looked up. */
  fileEnv: Record<string, string>;
  /** Options of Node for the agent. */
  agentArgv: string[];
  env: Record<string, string>;
  readyWhen: 'listening' | 'message' | 'started';
  guard: boolean;
  hangTimeoutMs: number;
  agent: string | null;
  sockets: Array<{ fd: number; name: string }>;
  dispatcher: ValidDispatcherOptions;
}

/** Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`. */
export function validateSupervisorOptions(
  options: SupervisorOptions,
  its = machine(),
): ValidSupervisorOptions {
  checkKeys('options', options, KEYS);
  const { policy, window, transport, takeBackMs, pickTimeoutMs, rebalance } = options;
  const { maxOpenConnections, proxyProtocol, sticky } = options;
  const { exec, args = [], execArgv = process.execArgv, env = {}, agent, sockets = [] } = options;
  const { readyWhen = 'listening', guard = false, hangTimeoutMs = 0 } = options;
  checkText('exec', exec);
  checkTexts('args', args);
  checkTexts('execArgv', execArgv);
  const { nodeArgs = [] } = options;
  checkTexts('nodeArgs', nodeArgs);
  if (typeof env !== 'object' || env === null || Array.isArray(env)) {
    throw invalidOption('env', 'an object of strings', env);
  }
  // One by one: others may be secrets.
  for (const [name, value] of Object.entries(env)) {
    if (!isText(value)) throw invalidOption(`env.${name}`, 'a string', value);
  }
  checkOneOf('readyWhen', readyWhen, ['listening', 'message', 'started']);
  if (typeof guard !== 'boolean') throw invalidOption('guard', 'a boolean', guard);
  if (agent !== undefined) checkText('agent', agent);
  if (!Array.isArray(sockets)) throw invalidOption('sockets', 'an array', sockets);
  for (const { fd, name } of sockets) {
    checkInteger('sockets[].fd', fd, 3, LONGEST_MS);
    checkText('sockets[].name', name);
  }
  if (maxOpenConnections !== undefined && maxOpenConnections !== null) {
    checkInteger('maxOpenConnections', maxOpenConnections, 1, LONGEST_MS, 'null or ');
  }
  // The heartbeat's own pace is a quarter of it, and a busy loop is not a stuck one.
  if (hangTimeoutMs !== 0) checkInteger('hangTimeoutMs', hangTimeoutMs, 200, LONGEST_MS, '0 or ');
  const workers = workersOf(options.workers, its);
  return {
    exec,
    workers,
    maxMemoryMb: memoryOf(options.maxMemoryMb, workers, its),
    cwd: process.cwd(),
    args,
    execArgv,
    require: textsOf('require', options.require),
    import: textsOf('import', options.import),
    nodeArgs,
    envFile: validateEnvFiles(options.envFile),
    fileEnv: {},
    agentArgv: process.execArgv,
    env,
    readyWhen,
    guard,
    hangTimeoutMs,
    agent: agent ?? null,
    sockets,
    dispatcher: validateDispatcherOptions({
      ...(policy !== undefined && { policy }),
      ...(window !== undefined && { window }),
      ...(transport !== undefined && { transport }),
      ...(takeBackMs !== undefined && { takeBackMs }),
      ...(pickTimeoutMs !== undefined && { pickTimeoutMs }),
      ...(rebalance !== undefined && { rebalance }),
      ...(proxyProtocol !== undefined && { proxyProtocol }),
      ...(sticky !== undefined && { sticky }),
      // `maxConnections` of a Supervisor is when to recycle a worker.
      ...(maxOpenConnections !== undefined && { maxConnections: maxOpenConnections }),
    }),
    ...numbersOf(options),
  };
}

function numbersOf(options: SupervisorOptions): Record<NumberOption, number> {
  const numbers = {} as Record<NumberOption, number>;
  for (const name of Object.keys(NUMBERS) as NumberOption[]) {
    const [least, most, fallback] = NUMBERS[name];
    const value = options[name] ?? fallback();
    checkInteger(name, value, least, most);
    numbers[name] = value;
  }
  return numbers;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function checkText(name: string, value: unknown): void {
  if (!isText(value) || value === '') throw invalidOption(name, 'a non-empty string', value);
}

/** One or a list of them. */
function textsOf(name: string, value: string | string[] = []): string[] {
  const texts = isText(value) ? [value] : value;
  checkTexts(name, texts);
  for (const text of texts) checkText(name, text);
  return texts;
}

function checkTexts(name: string, value: unknown): void {
  if (!Array.isArray(value) || !value.every(isText)) {
    throw invalidOption(name, 'an array of strings', value);
  }
}
