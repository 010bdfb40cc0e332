/** The table of workers: a row for each seat, which is written over. */

import type { SeatView, Tick } from '../wire.js';
import { byId, element, setAttributes, setText, svgElement } from './dom.js';
import { count, duration, megabytes, milliseconds, percent, rate } from './format.js';

/** Half a minute of ticks. */
const STRIP_LENGTH = 60;
const STRIP_HEIGHT = 20;

interface Column {
  label: string;
  /** Absent: the strip. */
  text?: (seat: SeatView) => string;
  className?: string;
  title?: string;
}

const COLUMNS: Column[] = [
  { label: 'Seat', text: ({ seat }) => String(seat), className: 'left' },
  { label: 'State', text: stateText, className: 'left state' },
  { label: 'pid', text: ({ worker }) => String(worker?.pid ?? '–') },
  { label: 'Dealt, last 30 s', className: 'strip left' },
  { label: 'Conn./s', text: ({ receivedPerSecond }) => rate(receivedPerSecond) },
  { label: 'Open', text: ({ open }) => count(open) },
  { label: 'Pending', text: ({ pending }) => count(pending), title: 'Handed, not yet received' },
  { label: 'CPU', text: ({ worker }) => percent(worker?.cpu ?? null), title: 'Of one core' },
  { label: 'Memory', text: ({ worker }) => megabytes(worker?.memoryBytes ?? null) },
  { label: 'Loop delay', text: ({ worker }) => milliseconds(worker?.loopDelayMs ?? null) },
  { label: 'Utilisation', text: ({ worker }) => percent(worker?.utilisation ?? null) },
  { label: 'Restarts', text: ({ restarts }) => count(restarts) },
  { label: 'Failures', text: ({ failures }) => count(failures) },
  { label: 'Age', text: ({ worker }) => (worker === null ? '–' : duration(worker.ageMs)) },
];

const GLYPHS: Record<string, string> = { ready: '●', starting: '◔', draining: '◑' };
const MOODS: Record<string, string> = { ready: 'is-good', starting: 'is-warning' };

export class Seats {
  readonly #body = byId('seats');
  readonly #rows = new Map<number, { row: HTMLElement; dealt: number[] }>();

  constructor() {
    // Where it is shown as cards, the styles take away what the elements are by themselves.
    setAttributes(this.#body.parentElement as Element, { role: 'table' });
    setAttributes(this.#body, { role: 'rowgroup' });
    setAttributes(byId('seats-head'), { role: 'row' });
    setAttributes(byId('seats-head').parentElement as Element, { role: 'rowgroup' });
    for (const { label, className = '', title = '' } of COLUMNS) {
      const heading = element(
        'th',
        { role: 'columnheader', scope: 'col', class: className },
        label,
      );
      if (title !== '') heading.title = title;
      byId('seats-head').append(heading);
    }
  }

  show({ seats }: Tick): void {
    for (const [seat, { row }] of this.#rows) {
      if (seats.some((one) => one.seat === seat)) continue;
      row.remove();
      this.#rows.delete(seat);
    }
    for (const seat of seats) this.#remember(seat);
    // One scale for all, so that they can be compared.
    const most = Math.max(1, ...[...this.#rows.values()].flatMap(({ dealt }) => dealt));
    for (const seat of seats) this.#write(seat, most);
  }

  #remember({ seat, dealt }: SeatView): void {
    const known = this.#rows.get(seat) ?? { row: this.#newRow(seat), dealt: [] };
    this.#rows.set(seat, known);
    known.dealt.push(dealt);
    if (known.dealt.length > STRIP_LENGTH) known.dealt.shift();
  }

  #newRow(seat: number): HTMLElement {
    const row = element('tr', { role: 'row', 'data-seat': seat });
    for (const [index, { label, text, className = '' }] of COLUMNS.entries()) {
      const isHead = index === 0;
      const role = isHead ? 'rowheader' : 'cell';
      const cell = element(isHead ? 'th' : 'td', { role, class: className, 'data-label': label });
      if (isHead) cell.setAttribute('scope', 'row');
      if (text === undefined) cell.append(newStrip());
      row.append(cell);
    }
    this.#body.append(row);
    return row;
  }

  #write(seat: SeatView, most: number): void {
    const { row, dealt } = this.#rows.get(seat.seat) as { row: HTMLElement; dealt: number[] };
    for (const [index, { text }] of COLUMNS.entries()) {
      const cell = row.children[index] as HTMLElement;
      if (text === undefined) writeStrip(cell.firstElementChild as Element, dealt, most);
      else setText(cell, text(seat));
    }
    const mood = MOODS[seat.worker?.state ?? ''] ?? '';
    setAttributes(row.children[1] as Element, { class: `left state ${mood}` });
  }
}

function stateText({ state, worker, draining }: SeatView): string {
  const word = worker === null || state !== 'running' ? emptyText(state, worker) : worker.state;
  const others = draining > 0 ? `, ${draining} more draining` : '';
  return `${GLYPHS[word] ?? '✕'} ${word}${others}`;
}

/** Of a seat that is to have no worker at the moment; one may still drain there. */
function emptyText(state: string, worker: SeatView['worker']): string {
  if (worker !== null) return worker.state;
  return state === 'running' ? 'empty' : state;
}

function newStrip(): Element {
  const strip = svgElement('svg', {
    viewBox: `0 0 ${STRIP_LENGTH} ${STRIP_HEIGHT}`,
    preserveAspectRatio: 'none',
    role: 'img',
  });
  strip.append(svgElement('path'));
  return strip;
}

function writeStrip(strip: Element, dealt: readonly number[], most: number): void {
  const first = STRIP_LENGTH - dealt.length;
  const bars = dealt.map((value, index) => {
    const height = (value / most) * STRIP_HEIGHT;
    return `M${first + index} ${STRIP_HEIGHT}v${-height.toFixed(2)}h.8v${height.toFixed(2)}z`;
  });
  setAttributes(strip.firstElementChild as Element, { d: bars.join('') });
  const sum = dealt.reduce((total, value) => total + value, 0);
  setAttributes(strip, { 'aria-label': `${sum} connections in ${dealt.length / 2} seconds` });
}
