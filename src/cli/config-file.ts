/** The file of `--config`: JSON, or a program that exports the same; of one program or of several. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { workingDirectory } from '../supervisor/program.js';
import { typeScriptWords } from '../supervisor/typescript.js';
import { ArgumentError, type Settings } from './arguments.js';
import type { ConfigResult } from './config-process.js';

const READER = fileURLToPath(new URL('config-process.js', import.meta.url));

const PROGRAMS = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/** Whatever the file waits for: the process that asks stands still meanwhile. */
const LONGEST_MS = 5_000;

const NAME = /^[A-Za-z0-9][\w.-]{0,47}$/;

export type ProgramSettings = Settings & {
  exec?: string;
  args?: string[];
  /** As `--metrics`. */
  metrics?: string | number;
};

export interface Config {
  /** Of one program; empty where there are several. */
  settings: ProgramSettings;
  /** Null where there is one. */
  programs: Map<string, ProgramSettings> | null;
  failTogether: boolean;
}

/** Throws {@link ArgumentError}, which names the file and the key. What the settings are is checked elsewhere. */
export function readConfig(file: string): Config {
  const isProgram = PROGRAMS.includes(path.extname(file));
  const absolute = path.resolve(workingDirectory(), file);
  const content = isProgram ? evaluate(file, absolute) : parse(file, absolute);
  const config = asObject(file, '', content);
  if (!('programs' in config)) {
    checkOwn(file, '', config);
    return { settings: config, programs: null, failTogether: false };
  }
  const { programs, failTogether = false, ...rest } = config;
  for (const key of Object.keys(rest)) {
    throw configError(
      file,
      `'${key}' is for one program, and stands in it, where there are 'programs'`,
    );
  }
  if (typeof failTogether !== 'boolean')
    throw configError(file, `'failTogether' must be a boolean`);
  return { settings: {}, programs: programsIn(file, programs), failTogether };
}

export function configError(file: string, text: string): ArgumentError {
  return new ArgumentError(`the configuration '${file}': ${text}`);
}

function parse(file: string, absolute: string): unknown {
  try {
    return JSON.parse(readFileSync(absolute, 'utf8'));
  } catch (error) {
    throw configError(file, (error as Error).message);
  }
}

function evaluate(file: string, absolute: string): unknown {
  const { output, error, stderr } = spawnSync(
    process.execPath,
    [...typeScriptWords(absolute, []), READER, absolute],
    {
      cwd: workingDirectory(),
      encoding: 'utf8',
      // What it prints is for people, and stdout may be the workers'.
      stdio: ['ignore', process.stderr.fd, 'pipe', 'pipe'],
      timeout: LONGEST_MS,
      killSignal: 'SIGKILL',
    },
  );
  const isLate = (error as NodeJS.ErrnoException | undefined)?.code === 'ETIMEDOUT';
  if (isLate) throw configError(file, `it was not read within ${LONGEST_MS} ms`);
  if (error !== undefined) throw configError(file, error.message);
  const text = output[3] ?? '';
  const [syntaxError] = /^SyntaxError: .*$/m.exec(text === '' ? stderr : '') ?? [];
  if (syntaxError !== undefined) {
    throw configError(file, `${syntaxError} (${stderr.split('\n', 1)[0]})`);
  }
  process.stderr.write(stderr);
  if (text === '') throw configError(file, 'it ended before it had exported anything');
  const result = JSON.parse(text) as ConfigResult;
  if ('error' in result) throw configError(file, result.error);
  return result.value;
}

function programsIn(file: string, programs: unknown): Map<string, ProgramSettings> {
  const entries = Object.entries(asObject(file, 'programs', programs));
  if (entries.length === 0) throw configError(file, "'programs' has none");
  return new Map(
    entries.map(([name, value]) => {
      if (!NAME.test(name)) {
        const allowed = 'letters, digits, . _ and -, 48 at most, and begins with a letter or digit';
        throw configError(file, `'programs' has '${name}': a name has ${allowed}`);
      }
      const key = `programs.${name}`;
      const settings = asObject(file, key, value);
      checkOwn(file, `${key}.`, settings);
      if (!('exec' in settings)) throw configError(file, `'${key}.exec' is missing`);
      return [name, settings];
    }),
  );
}

function asObject(file: string, key: string, value: unknown): Record<string, never> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, never>;
  }
  const what = key === '' ? '' : `'${key}' `;
  throw new ArgumentError(
    `the configuration '${file}'${what === '' ? '' : ':'} ${what}must be an object`,
  );
}

function checkOwn(file: string, prefix: string, config: object): void {
  if ('sockets' in config) {
    throw configError(file, `'${prefix}sockets' is the service manager's`);
  }
}
