/**
 * The moving picture of the dealing: connections as dots, from the door to the worker they were handed to. A
 * tick says how many each seat got; they are drawn over the time until the next one, in turn. With
 * prefers-reduced-motion nothing moves, and bars say the same.
 */

import type { SeatView, Tick } from '../wire.js';
import { byId, setAttributes, setText } from './dom.js';
import { count, rate } from './format.js';

/** So many pixels of width there are to be for each dot of a tick; with more, a dot stands for several. */
const DOT_WIDTH = 9;
const FLIGHT_MS = 900;
const SCALES = [1, 2, 5];
/** A busy moment keeps its scale for so many ticks. */
const SCALE_TICKS = 12;

const DOOR_X = 16;
const LABEL_WIDTH = 92;

interface Dot {
  lane: number;
  startsAt: number;
}

export class Dealing {
  readonly #canvas = byId<HTMLCanvasElement>('dealing');
  readonly #context = this.#canvas.getContext('2d') as CanvasRenderingContext2D;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  /** Connections of each seat that are too few for a dot yet. */
  readonly #rest = new Map<number, number>();
  #dots: Dot[] = [];
  #totals: number[] = [];
  #tick: Tick | null = null;
  #isDrawing = false;

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
  }

  show(tick: Tick, intervalMs: number): void {
    this.#tick = tick;
    const total = tick.seats.reduce((sum, { dealt }) => sum + dealt, 0);
    this.#totals = [...this.#totals, total].slice(-SCALE_TICKS);
    const scale = scaleFor(Math.max(...this.#totals), this.#canvas.clientWidth / DOT_WIDTH);
    const counts = tick.seats.map((seat) => this.#dotsOf(seat, scale));
    setText(
      byId('dealing-scale'),
      scale === 1 ? 'each dot a connection' : `each dot ${count(scale)} connections`,
    );
    const told = tick.seats.map(
      ({ seat, receivedPerSecond }) => `${seat}: ${rate(receivedPerSecond)}`,
    );
    setAttributes(this.#canvas, {
      'aria-label': `Connections each second, by seat: ${told.join(', ')}`,
      'data-dealt': total,
    });
    if (!this.#still.matches) this.#launch(counts, intervalMs);
    if (!this.#isDrawing) this.#draw();
  }

  #dotsOf({ seat, dealt }: SeatView, scale: number): number {
    const sum = (this.#rest.get(seat) ?? 0) + dealt;
    this.#rest.set(seat, sum % scale);
    return Math.floor(sum / scale);
  }

  #launch(counts: readonly number[], intervalMs: number): void {
    const now = performance.now();
    for (const [lane, dots] of counts.entries()) {
      for (let dot = 0; dot < dots; dot++) {
        const turn = (dot + lane / counts.length) / dots;
        this.#dots.push({ lane, startsAt: now + turn * intervalMs });
      }
    }
  }

  #draw(): void {
    this.#isDrawing = false;
    if (this.#tick === null) return;
    const { seats, dealing } = this.#tick;
    const lane = Math.min(40, Math.max(4, 420 / Math.max(1, seats.length)));
    const width = this.#canvas.clientWidth;
    const height = Math.max(96, Math.ceil(seats.length * lane));
    this.#resize(width, height);
    const { context, colours } = { context: this.#context, colours: coloursOf(this.#canvas) };
    context.clearRect(0, 0, width, height);
    context.font = '12px system-ui, sans-serif';
    context.textBaseline = 'middle';
    const top = (height - seats.length * lane) / 2;
    const most = Math.max(1, ...seats.map(({ dealt }) => dealt));
    for (const [index, seat] of seats.entries()) {
      const way = { width, height, y: top + (index + 0.5) * lane };
      this.#drawLane(seat, way, lane, colours, most);
    }
    this.#drawDots(top, lane, width, height, colours);
    context.fillStyle = colours.ink;
    context.fillRect(DOOR_X - 3, height / 2 - 20, 3, 40);
    if ((dealing?.waiting ?? 0) > 0) {
      context.fillStyle = colours.warn;
      context.fillText(`${count(dealing?.waiting ?? 0)} waiting`, DOOR_X + 6, height / 2 - 28);
    }
    if (this.#dots.length === 0) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => this.#draw());
  }

  #drawLane(seat: SeatView, way: Way, lane: number, colours: Colours, most: number): void {
    const context = this.#context;
    context.strokeStyle = colours.track;
    context.lineWidth = Math.min(2, lane / 3);
    context.beginPath();
    for (let share = 0; share <= 1.001; share += 0.05) {
      const [x, y] = placeOn(way, share);
      if (share === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.stroke();
    const end = way.width - LABEL_WIDTH;
    if (this.#still.matches) {
      const length = (seat.dealt / most) * (end - way.width * 0.4);
      context.fillStyle = colours.dealt;
      context.fillRect(end - length, way.y - lane / 4, length, lane / 2);
    }
    if (lane < 12) return;
    context.fillStyle = seat.worker?.state === 'ready' ? colours.ink : colours.quiet;
    context.fillText(`${seat.seat}`, end + 8, way.y);
    context.textAlign = 'right';
    context.fillText(`${rate(seat.receivedPerSecond)}/s`, way.width - 2, way.y);
    context.textAlign = 'left';
  }

  #drawDots(top: number, lane: number, width: number, height: number, colours: Colours): void {
    const context = this.#context;
    const now = performance.now();
    this.#dots = this.#dots.filter(({ startsAt }) => now < startsAt + FLIGHT_MS);
    context.fillStyle = colours.dealt;
    for (const { lane: index, startsAt } of this.#dots) {
      const share = (now - startsAt) / FLIGHT_MS;
      if (share < 0) continue;
      const [x, y] = placeOn({ width, height, y: top + (index + 0.5) * lane }, share);
      context.beginPath();
      context.arc(x, y, Math.min(3, lane / 2.5), 0, Math.PI * 2);
      context.fill();
    }
  }

  #resize(width: number, height: number): void {
    const density = devicePixelRatio;
    const [wide, high] = [Math.round(width * density), Math.round(height * density)];
    if (this.#canvas.width === wide && this.#canvas.height === high) return;
    this.#canvas.width = wide;
    this.#canvas.height = high;
    this.#canvas.style.height = `${height}px`;
    this.#context.setTransform(density, 0, 0, density, 0, 0);
  }
}

interface Way {
  width: number;
  height: number;
  y: number;
}

/** From the door in the middle, by a curve to the lane, and along it. */
function placeOn({ width, height, y }: Way, share: number): [x: number, y: number] {
  const end = width - LABEL_WIDTH;
  const x = DOOR_X + share * (end - DOOR_X);
  const bend = Math.min(1, share / 0.45);
  const smooth = bend * bend * (3 - 2 * bend);
  return [x, height / 2 + (y - height / 2) * smooth];
}

/** The smallest of 1, 2, 5, 10, … with which they are few enough. */
function scaleFor(total: number, mostDots: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of SCALES)
      if (total <= step * power * Math.max(10, mostDots)) return step * power;
  }
}

type Colours = Record<'ink' | 'quiet' | 'track' | 'dealt' | 'warn', string>;

function coloursOf(canvas: Element): Colours {
  const style = getComputedStyle(canvas);
  const names = ['ink', 'quiet', 'track', 'dealt', 'warn'] as const;
  return Object.fromEntries(
    names.map((name) => [name, style.getPropertyValue(`--${name}`)]),
  ) as Colours;
}
