/** The last events, the newest first, and the listeners. */

import type { Happening, ListenerView, Tick } from '../wire.js';
import { byId, element, setText } from './dom.js';
import { clock, count } from './format.js';

const MOST_EVENTS = 200;

/** What is wrong, and what may be; all else is as it should be. */
const BAD = ['worker:error', 'worker:hung', 'seat:stopped', 'reload:failed', 'recycle:failed'];

export class Events {
  readonly #list = byId('happenings');
  #lastId = 0;

  reset(happenings: readonly Happening[]): void {
    this.#list.replaceChildren();
    this.#lastId = 0;
    this.add(happenings);
  }

  add(happenings: readonly Happening[]): void {
    for (const one of happenings) {
      if (one.id <= this.#lastId) continue;
      this.#lastId = one.id;
      this.#list.prepend(itemOf(one));
    }
    while (this.#list.children.length > MOST_EVENTS) this.#list.lastElementChild?.remove();
  }

  /** Of the page itself: it has no number. */
  note(time: number, text: string): void {
    this.#list.prepend(itemOf({ id: 0, time, event: 'note', seat: null, text, detail: '' }));
  }
}

function itemOf({ time, event, seat, text, detail }: Happening): HTMLElement {
  const isBad = BAD.includes(event);
  const what = element('div', {}, isBad ? element('b', { class: 'is-bad' }, '✕ ') : '', text);
  if (detail !== '') {
    const more = element('details', {}, element('summary', {}, 'what it wrote last'));
    more.append(element('pre', {}, detail));
    what.append(more);
  }
  return element(
    'li',
    { 'data-event': event },
    element('time', { datetime: new Date(time).toISOString() }, clock(time)),
    element('span', { class: 'seat' }, seat === null ? '' : `seat ${seat}`),
    what,
  );
}

export function showListeners({ listeners }: Tick): void {
  const list = byId('listeners');
  const wanted = Math.max(1, listeners.length);
  while (list.children.length > wanted) list.lastElementChild?.remove();
  while (list.children.length < wanted) {
    list.append(element('li', {}, element('span'), element('span', { class: 'quiet' })));
  }
  const rows = listeners.length === 0 ? [['none', ''] as const] : listeners.map(rowOf);
  for (const [index, [name, what]] of rows.entries()) {
    const [first, second] = (list.children[index] as Element).children;
    setText(first as Element, name);
    setText(second as Element, what);
  }
}

function rowOf(listener: ListenerView): readonly [string, string] {
  const { address, policy, accepted, closed, isPaused } = listener;
  const parts = [policy, `${count(accepted)} accepted`];
  if (closed > 0) parts.push(`${count(closed)} turned away`);
  return [`${isPaused ? '‖ paused: ' : ''}${address}`, parts.join(' · ')];
}
