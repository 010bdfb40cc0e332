// What primary and worker tell each other in text: that it comes back as it was, that the largest
// state there can be fits a frame, and that both halves of the addon agree with TypeScript.

import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { validateListenOptions } from '../../src/dispatcher/options.js';
import { EngineEventType, GoneReason } from '../../src/native/engine.js';
import { Figure, TIME_BOUNDS_S } from '../../src/native/figures.js';
import { loadNative, type Native } from '../../src/native/index.js';
import { FIELDS_PER_CONNECTION } from '../../src/native/receiver.js';
import {
  decodeState,
  encodeState,
  LONGEST_NAME,
  MOST_LISTENERS,
  MOST_SLOTS,
  PROTOCOL_VERSION,
  type State,
} from '../../src/protocol/protocol.js';
import { nativeOnly } from '../fixtures/harness.js';

const source = (name: string): string =>
  readFileSync(new URL(`../../native/${name}`, import.meta.url), 'utf8');

function constant(text: string, name: string): number {
  const value = new RegExp(`\\b${name} = ([\\d *]+);`).exec(text)?.[1];
  return Number(value?.split('*').reduce((product, factor) => product * Number(factor), 1));
}

/** `kBadFrame` is `badFrame` here. */
function enumeration(text: string, name: string): Record<string, number> {
  const body = new RegExp(`enum class ${name}[^{]*{([^}]*)}`).exec(text)?.[1] ?? '';
  const entries = [...body.matchAll(/^\s*k(\w)(\w*) = (\d+)/gm)];
  return Object.fromEntries(entries.map(([, a = '', b, n]) => [a.toLowerCase() + b, Number(n)]));
}

/** The longest name of that character that listen() takes. */
function longestName(character: string): string {
  for (let length = LONGEST_NAME; length > 0; length--) {
    const name = character.repeat(length);
    try {
      validateListenOptions({ port: 0, name });
      return name;
    } catch {}
  }
  return '';
}

test('a state comes back as it was', async (t) => {
  const state: State = {
    version: PROTOCOL_VERSION,
    ticketKeys: 'AAAA',
    listeners: [
      { id: 0, name: 'default', address: { address: '::', family: 'IPv6', port: 80 } },
      { id: 255, name: 'ö "quoted" \u2028 \0', address: '\0abstract\n' },
    ],
    rebalance: 'auto',
    serving: 2,
    areMoving: false,
  };
  t.strictSame(decodeState(encodeState(state)), state);
});

test('the largest state fits a frame', async (t) => {
  const room = constant(source('channel/frames.h'), 'kMaxFrame') - 4;
  const address = { address: `ffff${':ffff'.repeat(7)}`, family: 'IPv6', port: 65_535 };
  const ticketKeys = Buffer.alloc(48, 0xff).toString('base64');
  t.equal(longestName('x').length, LONGEST_NAME);
  // Many bytes in UTF-8, and many as escapes.
  for (const character of ['x', 'ö', '日', '\u0001', '\ud800']) {
    const name = longestName(character);
    const listeners = Array.from({ length: MOST_LISTENERS }, (_, id) => ({ id, name, address }));
    const text = encodeState({
      version: PROTOCOL_VERSION,
      ticketKeys,
      listeners,
      rebalance: 'always',
      serving: 2,
      areMoving: false,
    });
    const length = Buffer.byteLength(text);
    t.ok(length <= room, `names of ${JSON.stringify(character)}: ${length} of ${room} bytes`);
  }
});

test('the numbers are those of native/', async (t) => {
  t.equal(constant(source('channel/frames.h'), 'kProtocolVersion'), PROTOCOL_VERSION);
  t.equal(constant(source('channel/frames.h'), 'kMaxListeners'), MOST_LISTENERS);
  t.equal(constant(source('engine/slot_set.h'), 'kMaxSlots'), MOST_SLOTS);
  t.strictSame(enumeration(source('engine/events.h'), 'EventType'), { ...EngineEventType });
  t.strictSame(enumeration(source('engine/events.h'), 'GoneReason'), { ...GoneReason });
  const bounds = /kTimeBoundsUs\[\] = {([^}]*)}/.exec(source('channel/buckets.h'))?.[1] ?? '';
  t.strictSame(
    [...bounds.matchAll(/[\d']+/g)].map(([digits]) => Number(digits.replaceAll("'", '')) / 1e6),
    [...TIME_BOUNDS_S],
  );
  t.equal(constant(source('js/js_engine_figures.cc'), 'kSingleFigures'), Figure.handoffTimes);
  t.ok(Object.keys(GoneReason).length >= 6 && Object.keys(EngineEventType).length >= 9);
});

test('the addon was built from them', nativeOnly, async (t) => {
  const native = loadNative() as Native;
  t.equal(native.protocolVersion, PROTOCOL_VERSION);
  t.equal(FIELDS_PER_CONNECTION, 5);
});
