/** A message of egg-cluster, and to whom it goes. Parent, master, agent and apps are what egg calls the processes. */

import { invalidOption } from '../../errors.js';

export type Party = 'parent' | 'master' | 'agent' | 'app';

/** What is sent. */
export interface Message {
  /** The name under which its listeners get it. */
  action: string;
  data?: unknown;
  /** Default by who sends it: an agent to the apps, an app to the agent, the parent to the master. */
  to?: Party | undefined;
  /** Set by whoever passes it on. */
  from?: Party | undefined;
  /** The process that it is for, instead of `to`. */
  receiverPid?: string | undefined;
}

const PARTIES: ReadonlySet<unknown> = new Set(['parent', 'master', 'agent', 'app']);

const DEFAULTS: Readonly<Record<Party, Party | null>> = {
  agent: 'app',
  app: 'agent',
  parent: 'master',
  // To nobody.
  master: null,
};

/** Null: to nobody. */
export function destination(message: Message, from: Party): Party | null {
  return message.to ?? DEFAULTS[from];
}

/** Events of the hub. Each is listened for only where such messages are to arrive. */
export const toParty = (party: Party): string => `rondo:egg:${party}`;
export const toPid = (pid: string): string => `rondo:egg:pid-${pid}`;
/** To the primary, from an app or agent that has joined: its pid and what it is. */
export const JOINED = 'rondo:egg:joined';
/** From the primary: say so, if you have. */
export const WHO_IS_THERE = 'rondo:egg:who';

export function checkMessage(message: Message): void {
  const { action, to } = message;
  if (typeof action !== 'string' || action === '') {
    throw invalidOption('action', 'a string that is not empty', action);
  }
  if (to !== undefined && !PARTIES.has(to)) {
    throw invalidOption('to', "one of 'parent', 'master', 'agent', 'app'", to);
  }
}

export function checkPid(pid: unknown): string {
  const text = String(pid);
  if (!/^[1-9]\d*$/.test(text)) throw invalidOption('pid', 'the number of a process', pid);
  return text;
}

/** Whether something that a process has sent is one. */
export function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const { action, to } = value as Partial<Message>;
  return typeof action === 'string' && (to === undefined || PARTIES.has(to));
}
