/** Routes: several programs behind one listener, told apart by the host that a client asks for. */

import { invalidOption } from '../errors.js';
import { MOST_LISTENERS } from '../protocol/protocol.js';
import type { RouteFunction } from '../types/look.js';
import type { ListenOptions } from '../types/options.js';

/** A name of RFC 1123 in small letters, or `*.` and one. */
const HOST =
  /^(?:\*\.)?(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/** IPv6, as in a Host header but without its brackets. */
const IPV6 = /^[0-9a-f:.]*:[0-9a-f:.]*$/;

const MOST_ROUTES = 10_000;

const DEFAULT = 'default';

/** Names of listeners, by host and without one; or who is asked for them. */
export interface ValidRoute {
  readonly hosts: ReadonlyArray<readonly [host: string, listener: string]>;
  readonly otherwise: string | null;
  readonly decide: RouteFunction | null;
}

/** The same with ids, as the engine has them; -1: its own. */
export interface RouteTable {
  readonly routes: ReadonlyArray<readonly [host: string, listener: number]>;
  readonly otherwise: number;
  /** A function says where each connection goes: to one of `targets`, or -1. */
  readonly isAsked: boolean;
  readonly targets: readonly number[];
}

/** Throws `ERR_RONDO_INVALID_OPTION`. */
export function validateRoute(route: NonNullable<ListenOptions['route']>): ValidRoute {
  if (typeof route === 'function') return { hosts: [], otherwise: null, decide: route };
  if (typeof route !== 'object' || route === null || Array.isArray(route)) {
    throw invalidOption(
      'route',
      'a function, or an object of names of listeners by host names',
      route,
    );
  }
  const entries = Object.entries(route);
  if (entries.length === 0 || entries.length > MOST_ROUTES) {
    throw invalidOption('route', `an object of 1 to ${MOST_ROUTES} routes`, route);
  }
  const hosts: Array<[string, string]> = [];
  let otherwise: string | null = null;
  for (const [key, listener] of entries) {
    if (typeof listener !== 'string' || listener === '') {
      throw invalidOption(`route['${key}']`, 'the name of a listener', listener);
    }
    const host = key.toLowerCase().replace(/\.$/, '');
    if (key === DEFAULT) otherwise = listener;
    else if (HOST.test(host) || IPV6.test(host)) hosts.push([host, listener]);
    else
      throw invalidOption(
        'route',
        "an object with host names, '*.' and one, or 'default' as keys",
        key,
      );
  }
  return { hosts, otherwise, decide: null };
}

/** What is used of a listener that a route leads to. */
interface Target {
  readonly id: number;
  readonly name: string;
  readonly hasRoutes: boolean;
}

/** No listener's id: what is led there is closed. */
const GONE = MOST_LISTENERS;

/** With the listeners that are open now. */
export function routeTable(
  { hosts, otherwise, decide }: ValidRoute,
  own: { id: number; name: string },
  open: readonly Target[],
): RouteTable {
  const idOf = (name: string): number => targetOf(name, own, open)?.id ?? GONE;
  return {
    routes: hosts.map(([host, name]) => [host, idOf(name)]),
    otherwise: otherwise === null ? -1 : idOf(otherwise),
    isAsked: decide !== null,
    targets: open.filter((one) => !one.hasRoutes).map(({ id }) => id),
  };
}

/** Who has that name, and may be led to: the listener itself, or one without routes. Null: nobody. */
export function targetOf(
  name: unknown,
  own: { id: number; name: string },
  open: readonly Target[],
): { id: number } | null {
  if (name === own.name) return own;
  return open.find((one) => one.name === name && !one.hasRoutes) ?? null;
}

/** Throws `ERR_RONDO_INVALID_OPTION` for a name that no open listener has, or one that has routes itself. */
export function checkTargets(
  { hosts, otherwise }: ValidRoute,
  own: string,
  open: readonly Target[],
): void {
  const check = (key: string, name: string): void => {
    const target = open.find((one) => one.name === name);
    if (name === own || target?.hasRoutes === false) return;
    const names = open.filter((one) => !one.hasRoutes).map((one) => `'${one.name}'`);
    const expected = `the name of an open listener without routes (${names.join(', ') || 'there is none'})`;
    throw invalidOption(`route['${key}']`, expected, name);
  };
  for (const [host, name] of hosts) check(host, name);
  if (otherwise !== null) check(DEFAULT, otherwise);
}
