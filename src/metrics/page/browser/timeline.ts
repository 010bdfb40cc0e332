/**
 * The lives of the workers: a lane for each seat, a bar for each process, and a mark where it has ended. Two of
 * one seat at a time, as in a reload, are one above the other.
 */

import type { Life, Tick } from '../wire.js';
import { byId, setAttributes, setText, svgElement } from './dom.js';
import { clock, duration } from './format.js';

const MINUTE_MS = 60_000;
const MOST_MINUTES = 5;
const LEFT = 28;
const RIGHT = 8;
const AXIS = 18;
/** What is said of an end needs so much room. */
const WORDS = 64;

/** The Supervisor wanted it so. */
const TOLD = ['stop', 'reload', 'scale', 'recycle', 'restart', 'drain'];

interface Drawn {
  life: Life;
  row: 0 | 1;
  group: SVGElement;
  bars: Record<'starting' | 'ready' | 'draining', SVGElement>;
  mark: SVGElement;
  title: SVGElement;
}

interface Scale {
  minutes: number;
  right: number;
  lane: number;
  at(time: number): number;
  y(seat: number): number;
}

export class Timeline {
  readonly #svg = byId<SVGSVGElement>('timeline');
  readonly #back = svgElement('g');
  readonly #front = svgElement('g');
  /** Above all bars. */
  readonly #marks = svgElement('g');
  #drawn = new Map<number, Drawn>();

  constructor() {
    this.#svg.append(this.#back, this.#front, this.#marks);
  }

  reset(lives: readonly Life[]): void {
    this.#front.replaceChildren();
    this.#marks.replaceChildren();
    this.#drawn = new Map();
    for (const life of lives) this.add(life);
  }

  add(life: Life): void {
    const known = this.#drawn.get(life.id);
    if (known !== undefined) known.life = life;
    else this.#drawn.set(life.id, this.#newLife(life));
  }

  show({ time, seats, uptimeMs }: Tick): void {
    const minutes = Math.min(MOST_MINUTES, Math.ceil(uptimeMs / MINUTE_MS));
    const shownMs = minutes * MINUTE_MS;
    const from = time - shownMs;
    const since = minutes === 1 ? 'last minute' : `last ${minutes} minutes`;
    setText(byId('timeline-since'), since);
    for (const [id, { life, group, mark }] of this.#drawn) {
      if (life.exitedAt === null || life.exitedAt > from) continue;
      group.remove();
      mark.remove();
      this.#drawn.delete(id);
    }
    const lanes = [...new Set([...seats.map(({ seat }) => seat), ...this.#seats()])];
    lanes.sort((one, other) => one - other);
    const width = this.#svg.clientWidth;
    const lane = lanes.length > 24 ? 10 : 22;
    const height = lanes.length * lane + AXIS;
    setAttributes(this.#svg, { viewBox: `0 0 ${width} ${height}`, height });
    const right = width - RIGHT;
    const at = (moment: number): number =>
      LEFT + ((Math.max(moment, from) - from) / shownMs) * (right - LEFT);
    const scale = { minutes, right, lane, at, y: (seat: number) => lanes.indexOf(seat) * lane };
    this.#drawBack(lanes, scale, time);
    for (const drawn of this.#drawn.values()) drawLife(drawn, scale, time);
  }

  #seats(): number[] {
    return [...this.#drawn.values()].map(({ life }) => life.seat);
  }

  /** Not beside the one before it of the same seat, if that is still there. */
  #newLife(life: Life): Drawn {
    const before = [...this.#drawn.values()].filter((one) => one.life.seat === life.seat).at(-1);
    const row = before === undefined || before.row === 1 ? 0 : 1;
    const group = svgElement('g', { 'data-life': life.id, 'data-seat': life.seat });
    const bars = {
      starting: svgElement('rect', { class: 'life-starting' }),
      ready: svgElement('rect', { class: 'life-ready' }),
      draining: svgElement('rect', { class: 'life-draining' }),
    };
    const mark = svgElement('text');
    const title = svgElement('title');
    group.append(title, bars.starting, bars.ready, bars.draining);
    this.#front.append(group);
    this.#marks.append(mark);
    return { life, row, group, bars, mark, title };
  }

  #drawBack(lanes: readonly number[], { y, at, lane, right, minutes }: Scale, now: number): void {
    const parts: SVGElement[] = [];
    for (const seat of lanes) {
      const width = Math.max(0, right - LEFT);
      parts.push(
        svgElement('rect', { class: 'lane', x: LEFT, y: y(seat) + 1, width, height: lane - 2 }),
      );
      if (lane > 12) parts.push(label(4, y(seat) + lane / 2 + 4, String(seat)));
    }
    const bottom = lanes.length * lane;
    // Half minutes where there is only one.
    const step = minutes === 1 ? 0.5 : 1;
    for (let ago = 0; ago < minutes; ago += step) {
      const x = at(now - ago * MINUTE_MS);
      parts.push(svgElement('line', { class: 'minute', x1: x, x2: x, y1: 0, y2: bottom }));
      const text = label(x, bottom + 14, ago === 0 ? 'now' : `−${ago < 1 ? '30 s' : `${ago} min`}`);
      text.setAttribute('text-anchor', ago === 0 ? 'end' : 'middle');
      parts.push(text);
    }
    this.#back.replaceChildren(...parts);
  }
}

function drawLife({ life, row, group, bars, mark, title }: Drawn, scale: Scale, now: number): void {
  const { readyAt, drainingAt, exitedAt, startedAt, seat } = life;
  const end = exitedAt ?? now;
  const half = scale.lane / 2;
  const place = { y: scale.y(seat) + row * half + 1.5, height: half - 3 };
  const draw = (bar: SVGElement, from: number | null, to: number): void => {
    const width = from === null ? 0 : Math.max(1, scale.at(to) - scale.at(from));
    setAttributes(bar, { x: scale.at(from ?? to), width, ...place });
  };
  draw(bars.starting, startedAt, Math.min(readyAt ?? end, drainingAt ?? end, end));
  draw(bars.ready, readyAt, Math.min(drainingAt ?? end, end));
  draw(bars.draining, drainingAt, end);
  const state =
    exitedAt !== null
      ? 'exited'
      : drainingAt !== null
        ? 'draining'
        : readyAt !== null
          ? 'ready'
          : 'starting';
  setAttributes(group, { 'data-state': state });
  setText(title, wordsFor(life, now));
  if (exitedAt === null) return;
  const hasFailed = !TOLD.includes(life.reason ?? '');
  setText(mark, hasFailed ? `✕ ${scale.lane > 12 ? endOf(life) : ''}` : '│');
  const x = scale.at(exitedAt);
  // To the left of an end that is too near to the edge.
  const isLate = x > scale.right - WORDS;
  setAttributes(mark, {
    class: hasFailed ? 'end-failed' : 'end-told',
    x,
    y: place.y + place.height / 2 + 4,
    'text-anchor': hasFailed ? (isLate ? 'end' : 'start') : 'middle',
  });
}

function wordsFor(life: Life, now: number): string {
  const { seat, pid, startedAt, readyAt, exitedAt, reason } = life;
  const parts = [`worker ${seat} (pid ${pid ?? 'none'}), started ${clock(startedAt)}`];
  if (readyAt !== null) parts.push(`ready after ${readyAt - startedAt} ms`);
  if (exitedAt === null) parts.push(`alive for ${duration(now - startedAt)}`);
  else
    parts.push(`ended ${clock(exitedAt)} after ${duration(exitedAt - startedAt)}: ${endOf(life)}`);
  return `${parts.join(', ')}${reason === null ? '' : ` (${reason})`}`;
}

function endOf({ signal, code }: Life): string {
  if (signal === null && code === null) return 'not started';
  return signal ?? `code ${code}`;
}

function label(x: number, y: number, text: string): SVGElement {
  const made = svgElement('text', { x, y });
  made.textContent = text;
  return made;
}
