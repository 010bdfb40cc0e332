/**
 * Where control sockets are: in a directory of the user's that nobody else can put anything into. Made where it is
 * missing. One that somebody else has put in its place, a link among them, is not used.
 */

import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { invalidOption } from '../errors.js';

/** Of a socket's file. */
export const SUFFIX = '.sock';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

interface Candidate {
  directory: string;
  /** In a directory where everybody may write: nobody but this user may even look into it. */
  isPrivate: boolean;
}

/** Throws `ERR_RONDO_INVALID_OPTION`: it becomes a part of a path, and of what is typed. */
export function checkControlName(name: unknown): asserts name is string {
  if (typeof name === 'string' && NAME.test(name)) return;
  throw invalidOption(
    'name',
    'a name of 1 to 64 letters, digits, dots, dashes and underscores',
    name,
  );
}

/** Of the file of a program, or of its directory: `app` of `/srv/app.js`. */
export function defaultName(program: string): string {
  const name = path.parse(path.resolve(program)).name.replace(/[^A-Za-z0-9._-]+/g, '-');
  return NAME.test(name) ? name : `rondo${name.slice(0, 32).replace(/^[^A-Za-z0-9]*/, '-')}`;
}

/** The first that can be used. Throws an Error that says why none can. */
export function makeControlDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const reasons: string[] = [];
  for (const candidate of candidates(env)) {
    const reason = make(candidate) ?? whyUnusable(candidate, constants.W_OK | constants.X_OK);
    if (reason === null) return candidate.directory;
    reasons.push(`${candidate.directory}: ${reason}`);
  }
  throw new Error(`no directory for the control socket (${reasons.join('; ')})`);
}

/** All where one of this user may be, and that can be trusted. */
export function controlDirectories(env: NodeJS.ProcessEnv = process.env): string[] {
  return candidates(env)
    .filter((candidate) => whyUnusable(candidate, constants.R_OK | constants.X_OK) === null)
    .map(({ directory }) => directory);
}

function candidates({ XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): Candidate[] {
  const isSet = XDG_RUNTIME_DIR !== undefined && path.isAbsolute(XDG_RUNTIME_DIR);
  return [
    ...(isSet ? [{ directory: path.join(XDG_RUNTIME_DIR, 'rondo'), isPrivate: false }] : []),
    { directory: '/run/rondo', isPrivate: false },
    { directory: path.join(tmpdir(), `rondo-${process.getuid?.() ?? 0}`), isPrivate: true },
  ];
}

/** Null, or why not. */
function make({ directory }: Candidate): string | null {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return null;
  } catch (error) {
    const { code = 'it cannot be made' } = error as NodeJS.ErrnoException;
    return code === 'EEXIST' ? null : code;
  }
}

function whyUnusable({ directory, isPrivate }: Candidate, access: number): string | null {
  try {
    const found = lstatSync(directory);
    if (!found.isDirectory()) return 'it is no directory';
    const uid = process.getuid?.();
    if (found.uid !== uid && (isPrivate || found.uid !== 0)) return "it is another user's";
    const others = isPrivate ? 0o077 : 0o022;
    if ((found.mode & others) !== 0) return 'others may enter it or write to it';
    accessSync(directory, access);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
