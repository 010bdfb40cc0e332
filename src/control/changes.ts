/** What can be asked for by POST: what each takes, and what it does. */

import { checkKeys } from '../options.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { DealingChanges, StopSignal } from '../supervisor/types.js';
import type { ListenerChanges, SlotOptions } from '../types/options.js';
import { RequestError } from './answering.js';
import { addressText, findListener, openListeners } from './listener-names.js';

/** What replaces the Supervisor's own methods, for whoever does more than these. */
export interface ControlActions {
  /** Default: `supervisor.reload()`. */
  reload(): Promise<unknown>;
  /** Default: `supervisor.stop()`. */
  stop(signal: StopSignal): Promise<unknown>;
  /** Resolves when another primary has taken over, with what is to be told. Default: `supervisor.upgrade()`. */
  upgrade(): Promise<object>;
  /** Opens the file of the log anew, and says which it is. Default: a 409, for there is none. */
  reopenLog(): { file: string };
}

export interface ChangeContext {
  supervisor: Supervisor;
  actions: Partial<ControlActions>;
}

type Arguments = Record<string, unknown>;

export interface Change {
  /** As it is logged. */
  action: string;
  /** Of the body; the others are refused. */
  keys: Record<string, true>;
  /** The names of what the path has. */
  params: readonly string[];
  /** Resolves with the answer. */
  run(context: ChangeContext, given: Arguments): Promise<object>;
}

const DEALING_KEYS: Record<keyof DealingChanges, true> = {
  policy: true,
  window: true,
  takeBackMs: true,
  maxOpenConnections: true,
  pickTimeoutMs: true,
  rebalance: true,
  proxyProtocol: true,
};
const SEAT_KEYS: Record<keyof SlotOptions, true> = { weight: true, maxConnections: true };
const LISTENER_KEYS: Record<keyof ListenerChanges, true> = {
  policy: true,
  maxConnections: true,
  overload: true,
  maxQueueMs: true,
  maxIdle: true,
  proxyProtocol: true,
  lookTimeoutMs: true,
};

/** By their paths, in which a `*` is one part. */
export const CHANGES: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['/v1/reload', change('reload', {}, reload)],
  ['/v1/scale', change('scale', { workers: true }, scale)],
  ['/v1/options', change('configure', DEALING_KEYS, configure)],
  ['/v1/workers/*', change('configure worker', SEAT_KEYS, configureSeat, ['seat'])],
  ['/v1/workers/*/restart', change('restart', {}, restart, ['seat'])],
  ['/v1/workers/*/drain', change('drain', { force: true }, drain, ['seat'])],
  ['/v1/listeners/*', change('configure listener', LISTENER_KEYS, configureListener, ['listener'])],
  ['/v1/listeners/*/pause', change('pause', {}, pause, ['listener'])],
  ['/v1/listeners/*/resume', change('resume', {}, resume, ['listener'])],
  ['/v1/pause', change('pause', {}, pause)],
  ['/v1/resume', change('resume', {}, resume)],
  ['/v1/upgrade', change('upgrade', {}, upgrade)],
  ['/v1/logs/reopen', change('reopen log', {}, reopenLog)],
]);

function change(
  action: string,
  keys: Record<string, true>,
  run: Change['run'],
  params: readonly string[] = [],
): Change {
  return { action, keys, run, params };
}

/** Throws `ERR_RONDO_UNKNOWN_OPTION`. */
export function argumentsOf(change: Change, path: readonly string[], body: Arguments): Arguments {
  checkKeys('body', body, change.keys);
  return { ...Object.fromEntries(change.params.map((name, i) => [name, path[i]])), ...body };
}

async function reload({ supervisor, actions }: ChangeContext): Promise<object> {
  const beganAt = performance.now();
  await (actions.reload?.() ?? supervisor.reload());
  return { ms: Math.round(performance.now() - beganAt) };
}

async function scale({ supervisor }: ChangeContext, { workers }: Arguments): Promise<object> {
  await supervisor.scale(workers as number);
  return { workers: supervisor.workers };
}

async function configure({ supervisor }: ChangeContext, given: Arguments): Promise<object> {
  supervisor.configure(given as DealingChanges);
  return given;
}

async function restart({ supervisor }: ChangeContext, { seat }: Arguments): Promise<object> {
  const number = seatIn(seat);
  await supervisor.restart(number);
  return { seat: number };
}

async function drain({ supervisor }: ChangeContext, given: Arguments): Promise<object> {
  const seat = seatIn(given.seat);
  const { force = false } = given;
  await supervisor.drain(seat, { force: force as boolean });
  return { seat };
}

async function configureSeat({ supervisor }: ChangeContext, given: Arguments): Promise<object> {
  const { seat: text, ...changes } = given;
  const seat = seatIn(text);
  supervisor.configureSeat(seat, changes as SlotOptions);
  return { seat, ...changes };
}

async function configureListener({ supervisor }: ChangeContext, given: Arguments): Promise<object> {
  const { listener: text, ...changes } = given;
  const listener = findListener(supervisor, text as string);
  supervisor.configureListener(listener.id, changes as ListenerChanges);
  return { listener: addressText(listener), ...changes };
}

async function pause({ supervisor }: ChangeContext, given: Arguments): Promise<object> {
  const listeners = listenersIn(supervisor, given);
  for (const { id } of listeners) supervisor.pause(id);
  return { listeners: listeners.map(addressText) };
}

async function resume({ supervisor }: ChangeContext, given: Arguments): Promise<object> {
  const listeners = listenersIn(supervisor, given);
  for (const { id } of listeners) supervisor.resume(id);
  return { listeners: listeners.map(addressText) };
}

async function upgrade({ supervisor, actions }: ChangeContext): Promise<object> {
  return actions.upgrade?.() ?? supervisor.upgrade();
}

async function reopenLog({ actions }: ChangeContext): Promise<object> {
  if (actions.reopenLog === undefined) throw new RequestError(409, 'There is no log file');
  return actions.reopenLog();
}

function listenersIn(supervisor: Supervisor, { listener }: Arguments) {
  if (listener === undefined) return openListeners(supervisor);
  return [findListener(supervisor, listener as string)];
}

/** What is no number stays what it is, so that the error shows it. */
function seatIn(text: unknown): number {
  return (/^\d{1,6}$/.test(text as string) ? Number(text) : text) as number;
}
