/**
 * The preload of workers whose program is watched: tells the primary which files are loaded, also those that are
 * looked for and not there. Needs `module.registerHooks()` of Node 22.15 and 23.5. Everything that the program
 * loads is as without it.
 */

import { fileURLToPath } from 'node:url';
import { before } from '../../hidden-listeners.js';
import { loadedMessage } from './messages.js';

interface Resolved {
  url: string;
}

interface Context {
  parentURL?: string | undefined;
}

type Resolve = (specifier: string, context: Context) => Resolved;

interface Hooks {
  resolve(specifier: string, context: Context, next: Resolve): Resolved;
}

/** Of `node:module`, which has it in later versions of Node than its types here are of. */
export interface ModuleHooks {
  registerHooks?(hooks: Hooks): void;
}

const file = fileURLToPath(new URL('loaded.cjs', import.meta.url));

process.execArgv = process.execArgv.filter(
  (word, index, words) => word !== file && !(word === '--require' && words[index + 1] === file),
);

const { registerHooks } = process.getBuiltinModule('node:module') as ModuleHooks;
// Not in the agent, which is no worker, and not in threads, which have no channel.
if (process.env.RONDO_SEAT !== undefined && process.send !== undefined) {
  registerHooks?.({ resolve: reporting() });
}

function reporting(): Hooks['resolve'] {
  const known = new Set<string>();
  let waiting: string[] = [];
  const send = (): void => {
    if (waiting.length > 0 && process.connected) {
      process.send?.(loadedMessage(waiting), undefined, undefined, () => {});
    }
    waiting = [];
  };
  // A program that fails to start does so within this turn.
  before(process, 'exit', send);
  const report = (url: string): void => {
    if (!url.startsWith('file:')) return;
    const path = fileURLToPath(url.replace(/[?#].*$/, ''));
    if (known.has(path) || path.includes('/node_modules/')) return;
    known.add(path);
    if (waiting.length === 0) setImmediate(send).unref();
    waiting.push(path);
  };
  return (specifier, context, next) => {
    try {
      const resolved = next(specifier, context);
      report(resolved.url);
      return resolved;
    } catch (error) {
      const isPath = /^(\.{0,2}\/|file:)/.test(specifier);
      if (isPath && URL.canParse(specifier, context.parentURL)) {
        report(new URL(specifier, context.parentURL).href);
      }
      throw error;
    }
  };
}
