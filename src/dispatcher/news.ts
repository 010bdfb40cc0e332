/** What of a dispatcher's events goes to `rondo:listener` and `rondo:slot`. */

import { channels } from '../channels.js';
import type { DispatcherEvents } from './events.js';
import type { Listener } from './listener.js';
import type { Slot } from './slot.js';

const LISTENER_EVENTS: Partial<Record<keyof DispatcherEvents, string>> = {
  listening: 'listening',
  'listener:error': 'error',
  'listener:renewed': 'renewed',
  'renew:error': 'renew-error',
  'accept:error': 'accept-error',
  'proxy:error': 'proxy-error',
};

const SLOT_EVENTS: Partial<Record<keyof DispatcherEvents, string>> = {
  'slot:ready': 'ready',
  'slot:retired': 'retired',
  'slot:gone': 'gone',
  'slot:stuck': 'stuck',
  'handoff:error': 'handoff-error',
};

export function publishNews(name: keyof DispatcherEvents, args: readonly unknown[]): void {
  const ofListener = LISTENER_EVENTS[name];
  if (ofListener !== undefined && channels.listener.hasSubscribers) {
    const listener = args.find((one) => !(one instanceof Error)) as Listener;
    publishListener(ofListener, listener, errorIn(args));
  }
  const ofSlot = SLOT_EVENTS[name];
  if (ofSlot === undefined || !channels.slot.hasSubscribers) return;
  const [slot, more] = args.filter((one) => !(one instanceof Error)) as [Slot, unknown];
  const { id } = slot;
  // Of one that is gone the details have the pid.
  const { pid } = name === 'slot:gone' ? (more as { pid: number | null }) : slot.stats();
  channels.slot.publish({
    event: ofSlot,
    slot: id,
    pid,
    ...errorIn(args),
    ...detailsOf(name, more),
  });
}

export function publishListener(event: string, listener: Listener, error: object = {}): void {
  if (!channels.listener.hasSubscribers) return;
  channels.listener.publish({ event, name: listener.name, address: listener.address(), ...error });
}

function errorIn(args: readonly unknown[]): { error?: Error } {
  const error = args.find((one) => one instanceof Error);
  return error === undefined ? {} : { error: error as Error };
}

function detailsOf(name: keyof DispatcherEvents, more: unknown): object {
  if (name === 'slot:stuck') return { reclaimed: more };
  return name === 'slot:gone' ? (more as object) : {};
}
