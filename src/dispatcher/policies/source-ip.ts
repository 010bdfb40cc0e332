/**
 * The same slot for the same client: each address ranks all slots by a hash of both (rendezvous hashing),
 * and the first of the rank gets it. A slot that comes or goes moves its own clients and no others.
 */

import { checkInteger, checkNumber } from '../../options.js';
import type { SourceIpOptions } from '../../types/policy.js';
import { addressBytes } from './address.js';
import type { Candidate, Choice, PolicyDefinition, PolicySettings } from './policy.js';
import { pickRoundRobin } from './round-robin.js';

const GOLDEN = 0x9e37_79b1;

export const sourceIp: PolicyDefinition<Omit<SourceIpOptions, 'name'>> = {
  name: 'source-ip',
  help: "the same one for a client, by the client's address",
  keepsEven: null,
  keys: { bound: true, waitMs: true, ipv6Prefix: true },
  settings({ bound, waitMs = 100, ipv6Prefix = 64 }) {
    if (bound !== undefined) checkNumber('policy.bound', bound, 1.01, 100);
    checkInteger('policy.waitMs', waitMs, 0, 60_000);
    checkInteger('policy.ipv6Prefix', ipv6Prefix, 1, 128);
    return { boundPermille: Math.round((bound ?? 0) * 1000), waitMs, ipv6Prefix };
  },
  create: (settings) => (choice) => pick(settings, choice),
};

function pick<C extends Candidate>(settings: PolicySettings, choice: Choice<C>): C {
  const bytes = addressBytes(choice.address, settings.ipv6Prefix);
  if (bytes === null) return pickRoundRobin(choice);
  const { serving, eligible, mayWait } = choice;
  const isBelow = bound(settings.boundPermille, serving);
  const slots = mayWait ? serving : eligible;
  const below = slots.filter(isBelow);
  return highest(hash(bytes), below.length > 0 ? below : slots);
}

/** Whether a slot has fewer connections than its share of what there will be with this one. */
function bound(permille: number, serving: readonly Candidate[]): (slot: Candidate) => boolean {
  if (permille === 0) return () => true;
  const total = serving.reduce((sum, { open }) => sum + open, 0);
  const most = Math.ceil((permille * (total + 1)) / (1000 * serving.length));
  return ({ open }) => open < most;
}

function highest<C extends Candidate>(key: number, slots: readonly C[]): C {
  let best = slots[0] as C;
  let bestScore = -1;
  for (const candidate of slots) {
    const score = scoreOf(key, candidate.slot);
    if (score <= bestScore) continue;
    best = candidate;
    bestScore = score;
  }
  return best;
}

function scoreOf(key: number, slot: number): number {
  const salt = mix((Math.imul(slot, GOLDEN) + 1) >>> 0);
  let score = Math.imul(key ^ salt, GOLDEN);
  score ^= score >>> 15;
  return Math.imul(score, 0x85eb_ca6b) >>> 0;
}

/** FNV-1a, whose low bits alone would not tell neighbours apart, and a finalizer. */
function hash(bytes: readonly number[]): number {
  let value = 0x811c_9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x0100_0193);
  return mix(value);
}

/** The finalizer of MurmurHash3: every bit of the input changes each bit of the output half the time. */
function mix(value: number): number {
  let h = value;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85eb_ca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2_ae35);
  h ^= h >>> 16;
  return h;
}
