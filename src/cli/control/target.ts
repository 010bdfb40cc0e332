/** Which running rondo a command is for: the one that is named, or the only one that is there. */

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { ControlIdentity } from '../../control/answers.js';
import { ControlClient } from '../../control/client.js';
import { checkControlName, controlDirectories, SUFFIX } from '../../control/place.js';
import { ArgumentError } from '../arguments.js';

/** For a rondo that runs it is long; one that is stopped does not answer at all. */
const ANSWER_MS = 2_000;

/** There is no such rondo, or there are several. Exit code 3. */
export class TargetError extends Error {}

/** What was given of it on the command line. */
export interface TargetWords {
  name?: string | undefined;
  /** The path of its control socket. */
  control?: string | undefined;
}

export interface Target {
  path: string;
  /** Null: it does not answer. */
  identity: ControlIdentity | null;
}

/**
 * Throws {@link TargetError} if it is not there, or, without a name, if there are several, which the message lists; and
 * {@link ArgumentError} for a name that is none.
 */
export async function chooseTarget({ name, control }: TargetWords): Promise<ControlClient> {
  if (control !== undefined) return atPath(path.resolve(control));
  if (name !== undefined) return byName(name);
  const found = await findTargets();
  const [first, ...others] = found;
  if (first === undefined) {
    throw new TargetError(
      `no rondo of this user runs (looked in ${controlDirectories().join(', ') || 'no directory'})`,
    );
  }
  if (others.length === 0) return new ControlClient({ path: first.path });
  const names = found.map(describe).join(', ');
  throw new TargetError(`there are several; say which by --name: ${names}`);
}

/** All that run in the default places, by their names. */
export async function findTargets(): Promise<Target[]> {
  const files = controlDirectories().flatMap((directory) =>
    readdirSync(directory)
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => path.join(directory, file)),
  );
  const found = await Promise.all(files.map((file) => look(file)));
  return found.filter((target) => target !== null).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

async function byName(name: string): Promise<ControlClient> {
  try {
    checkControlName(name);
  } catch (error) {
    throw new ArgumentError((error as Error).message.replace("'name'", "'--name'"));
  }
  for (const directory of controlDirectories()) {
    const file = path.join(directory, `${name}${SUFFIX}`);
    if (existsSync(file) && (await look(file)) !== null) return new ControlClient({ path: file });
  }
  const names = (await findTargets()).map(describe).join(', ');
  throw new TargetError(`there is no rondo '${name}'; there is ${names || 'none'}`);
}

async function atPath(file: string): Promise<ControlClient> {
  if ((await look(file, true)) !== null) return new ControlClient({ path: file });
  throw new TargetError(`no rondo listens at '${file}'`);
}

/** Null: nobody listens there. In a directory of all users' one that this user may not ask is another's. */
async function look(file: string, isNamed = false): Promise<Target | null> {
  try {
    const client = new ControlClient({ path: file, timeoutMs: ANSWER_MS });
    return { path: file, identity: await client.identity() };
  } catch (error) {
    // What else it is, the command itself will be told.
    const { message } = error as Error;
    const isAbsent = /ECONNREFUSED|ENOENT|ENOTSOCK/.test(message);
    const isAnothers = !isNamed && /EACCES/.test(message);
    return isAbsent || isAnothers ? null : { path: file, identity: null };
  }
}

function nameOf({ path: file }: Target): string {
  return path.basename(file, SUFFIX);
}

function describe(target: Target): string {
  const { identity } = target;
  const state = identity === null ? 'does not answer' : `pid ${identity.pid}, ${identity.program}`;
  return `${nameOf(target)} (${state})`;
}
