/** What users may write for sessions, checked. */

import { invalidOption } from '../errors.js';
import { checkInteger, checkKeys, type Keys } from '../options.js';
import type { StickyOptions } from '../types/look.js';

/** Kinds of keys, and whether a name belongs to each. */
const KINDS: Record<StickyOptions['by'] & string, boolean> = {
  cookie: true,
  query: true,
  'x-forwarded-for': false,
  'server-name': false,
  'tls-session': false,
  address: false,
};

const EXPECTED =
  "a list of 'query:NAME', 'cookie:NAME', 'x-forwarded-for', 'server-name', 'tls-session' and at its end 'address'";

/** The longest that a timer of the engine takes. */
const LONGEST_MS = 0x7fff_ffff;

const LARGEST_TABLE = 2 ** 24;

const KEYS: Keys<StickyOptions> = {
  by: true,
  name: true,
  maxSessions: true,
  idleMs: true,
  waitMs: true,
};

export interface ValidSticky {
  /** As the engine has them: `query:sid`. */
  readonly keys: readonly string[];
  readonly maxSessions: number;
  readonly idleMs: number;
  readonly waitMs: number;
}

/** Throws `ERR_RONDO_INVALID_OPTION` and `ERR_RONDO_UNKNOWN_OPTION`. */
export function validateSticky(sticky: string | StickyOptions): ValidSticky {
  const options = typeof sticky === 'string' ? { by: sticky.split(',') } : sticky;
  checkKeys('sticky', options, KEYS, " of 'sticky'");
  const { by, name, maxSessions = 100_000, idleMs = 3_600_000, waitMs = 5_000 } = options;
  checkInteger('sticky.maxSessions', maxSessions, 1, LARGEST_TABLE);
  checkInteger('sticky.idleMs', idleMs, 0, LONGEST_MS);
  checkInteger('sticky.waitMs', waitMs, 0, 60_000);
  return { keys: keysOf(sticky, by, name), maxSessions, idleMs, waitMs };
}

function keysOf(
  given: string | StickyOptions,
  by: StickyOptions['by'],
  name: string | undefined,
): string[] {
  const option = typeof given === 'string' ? 'sticky' : 'sticky.by';
  const list = typeof by === 'string' ? by.split(',') : by;
  if (!Array.isArray(list) || list.length === 0 || list.length > 16) {
    throw invalidOption(option, EXPECTED, by);
  }
  if (name !== undefined) {
    const isOne = typeof by === 'string' && Object.hasOwn(KINDS, by) && KINDS[by];
    if (!isOne)
      throw invalidOption('sticky.name', "left out unless 'by' is 'cookie' or 'query'", name);
    return [checkKey('sticky.name', `${by}:${name}`, name)];
  }
  return list.map((key, index) => {
    const text = typeof key === 'string' ? key.trim() : key;
    const checked = checkKey(option, text, typeof given === 'string' ? given : by);
    // It is always there, so what comes behind it would never be looked for.
    if (checked === 'address' && index < list.length - 1) throw invalidOption(option, EXPECTED, by);
    return checked;
  });
}

function checkKey(option: string, key: unknown, given: unknown): string {
  const [, kind = '', name] = /^([a-z-]+)(?::(.*))?$/s.exec(String(key)) ?? [];
  const isKind = typeof key === 'string' && Object.hasOwn(KINDS, kind);
  const hasName = name !== undefined && name !== '' && Buffer.byteLength(name) <= 255;
  // What ends a name in a head cannot be part of one.
  const isName = hasName && !/[\s;,=&#\p{Cc}]/u.test(name);
  if (!isKind || (KINDS[kind as 'cookie'] ? !isName : name !== undefined)) {
    throw invalidOption(option, EXPECTED, given);
  }
  return key;
}
