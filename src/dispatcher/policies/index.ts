/** The list of policies, and what users may write for one. */

import { invalidOption } from '../../errors.js';
import { checkKeys, checkOneOf, quoted } from '../../options.js';
import type { PickFunction, Policy, PolicyName } from '../../types/policy.js';
import { leastConnections } from './least-connections.js';
import { leastLoaded } from './least-loaded.js';
import type { Evenness, Picker, PolicyDefinition, PolicySettings } from './policy.js';
import { random } from './random.js';
import { pickRoundRobin, roundRobin } from './round-robin.js';
import { sourceIp } from './source-ip.js';
import { twoChoices } from './two-choices.js';
import { weighted } from './weighted.js';

export const POLICIES: readonly PolicyDefinition<never>[] = [
  roundRobin,
  leastConnections,
  twoChoices,
  leastLoaded,
  sourceIp,
  random,
  weighted,
];

export const POLICY_NAMES: readonly PolicyName[] = POLICIES.map(({ name }) => name);

/** How long a connection waits for the slot that a function has named, while that has no room. */
const FUNCTION_WAIT_MS = 100;

const NO_SETTINGS: PolicySettings = { seed: 0, boundPermille: 0, waitMs: 0, ipv6Prefix: 0 };

/** A policy as users gave it, checked. Its own object per listener is made by `create()`. */
export interface ValidPolicy {
  readonly name: PolicyName | 'function';
  readonly settings: PolicySettings;
  readonly keepsEven: Evenness;
  /** Decides in JavaScript; null for a policy of the list. */
  readonly decide: PickFunction | null;
  /** With a function, for those connections that it does not decide on. */
  create(): Picker;
}

/** Throws `ERR_RONDO_INVALID_OPTION`, and `ERR_RONDO_UNKNOWN_OPTION` for a key of its object. */
export function validatePolicy(policy: Policy): ValidPolicy {
  if (typeof policy === 'function') {
    const settings = { ...NO_SETTINGS, waitMs: FUNCTION_WAIT_MS };
    return {
      name: 'function',
      settings,
      keepsEven: null,
      decide: policy,
      create: () => pickRoundRobin,
    };
  }
  if (typeof policy === 'string') checkOneOf('policy', policy, POLICY_NAMES);
  const { name, ...options } = typeof policy === 'string' ? { name: policy } : (policy ?? {});
  const definition = POLICIES.find((one) => one.name === name);
  if (definition === undefined) {
    const expected = `one of ${quoted(POLICY_NAMES)}, an object with such a 'name', or a function`;
    throw invalidOption('policy', expected, policy);
  }
  const known = { name: true, ...(definition.keys as Record<string, true>) } as const;
  checkKeys('policy', { name, ...options }, known, ` of the policy '${name}'`);
  const settings = { ...NO_SETTINGS, ...definition.settings(options as never) };
  return {
    name: definition.name,
    settings,
    keepsEven: definition.keepsEven,
    decide: null,
    create: () => definition.create(settings),
  };
}

/** Whether the one would do the same as the other from now on. */
export function isSamePolicy(a: ValidPolicy, b: ValidPolicy): boolean {
  const { seed, boundPermille, waitMs, ipv6Prefix } = a.settings;
  return (
    a.name === b.name &&
    a.decide === b.decide &&
    seed === b.settings.seed &&
    boundPermille === b.settings.boundPermille &&
    waitMs === b.settings.waitMs &&
    ipv6Prefix === b.settings.ipv6Prefix
  );
}
