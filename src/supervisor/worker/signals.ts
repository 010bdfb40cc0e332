/**
 * Signals of this process, noticed without a listener of `process`: Node's handle for the signal is
 * made to call a function here, which calls the program's listeners or does not. So programs that
 * count listeners see their own, and when a signal is released and has no listener, its default
 * action is there again.
 */

import { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import { around } from '../../hidden-listeners.js';

export type EndSignal = 'SIGTERM' | 'SIGINT';

type Listener = (...args: unknown[]) => void;

/** By signal: what is called when it comes. */
const watched = new Map<string, () => void>();

/** Node opens a signal's handle when the first listener comes, and closes it when the last one goes. */
const nodes = {
  newListener: nodesListener('newListener', 'startListeningIfSignal'),
  removeListener: nodesListener('removeListener', 'stopListeningIfSignal'),
};

function nodesListener(event: string, name: string): Listener | undefined {
  return process.rawListeners(event as 'newListener').find((one) => one.name === name) as Listener;
}

/** `onSignal` is called for each such signal, and the program's listeners by `deliver()` only. */
export function watchSignal(signal: NodeJS.Signals, onSignal: () => void): void {
  // Some do not exist everywhere.
  if (constants.signals[signal] === undefined) return;
  if (watched.size === 0) keepHandles();
  watched.set(signal, onSignal);
  // A preload of the program's may have opened the handle, which then calls `process.emit`.
  shadow(
    'listenerCount',
    () => 0,
    () => tellNode('removeListener', signal),
  );
  open(signal);
}

/** From now on the program has them, as without rondo: with no listener, the default action. */
export function releaseSignals(): void {
  const signals = [...watched.keys()];
  watched.clear();
  for (const signal of signals) {
    if (process.listenerCount(signal) === 0) tellNode('removeListener', signal);
  }
}

/** Whether the program listens to the signal. */
export function programHandles(signal: NodeJS.Signals): boolean {
  return process.listenerCount(signal) > 0;
}

/** Calls the program's listeners, as Node does. */
export function deliver(signal: NodeJS.Signals): void {
  const emitter: NodeJS.EventEmitter = process;
  emitter.emit(signal, signal, constants.signals[signal]);
}

function onHandle(signal: NodeJS.Signals): void {
  const onSignal = watched.get(signal);
  if (onSignal === undefined) deliver(signal);
  else onSignal();
}

/** Node binds what `process.emit` is at this moment. */
function open(signal: string): void {
  shadow('emit', onHandle, () => tellNode('newListener', signal));
}

/** To Node, as if the listener came or went; the program is told of its own only. */
function tellNode(event: keyof typeof nodes, signal: string): void {
  const told = nodes[event];
  if (told !== undefined) Reflect.apply(told, process, [signal, onHandle]);
  else EventEmitter.prototype.emit.call(process, event, signal, onHandle);
}

/** Without a moment in which a signal would have its default action. */
function keepHandles(): void {
  around(process, 'removeListener', (args, next) => {
    const [type] = args;
    if (typeof type !== 'string' || !watched.has(type)) return next();
    for (const listener of process.rawListeners('removeListener')) {
      if (listener !== nodes.removeListener) Reflect.apply(listener, process, args);
    }
    if (nodes.removeListener === undefined) open(type);
    return true;
  });
}

function shadow(name: 'emit' | 'listenerCount', value: unknown, then: () => void): void {
  const own = Object.getOwnPropertyDescriptor(process, name);
  Object.defineProperty(process, name, { configurable: true, writable: true, value });
  try {
    then();
  } finally {
    if (own === undefined) delete (process as Partial<Record<typeof name, unknown>>)[name];
    else Object.defineProperty(process, name, own);
  }
}
