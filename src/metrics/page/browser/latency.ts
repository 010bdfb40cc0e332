/** How long it takes from accept to the worker, over the last seconds. */

import type { LatencyView, Tick } from '../wire.js';
import { byId, element, setAttributes, setFigures, setText, svgElement } from './dom.js';
import { count, milliseconds } from './format.js';

export function showLatency({ handOff }: Tick): void {
  const box = byId('latency');
  setFigures(byId('percentiles'), handOff === null ? [] : percentilesOf(handOff));
  if (handOff === null) {
    box.replaceChildren('not known');
    setAttributes(box, { 'aria-label': 'not known' });
    return;
  }
  const rows = rowsOf(handOff);
  if (box.children.length !== rows.length) box.replaceChildren(...rows.map(newRow));
  const most = Math.max(1, ...rows.map(({ total }) => total));
  for (const [index, { text, total }] of rows.entries()) {
    const [name, bar, number] = (box.children[index] as Element).children;
    setText(name as Element, text);
    setText(number as Element, count(total));
    setAttributes((bar as Element).firstElementChild as Element, {
      width: `${(total / most) * 100}%`,
      height: '100%',
    });
  }
  const told = rows.filter(({ total }) => total > 0).map(({ text, total }) => `${text}: ${total}`);
  setAttributes(box, { 'aria-label': told.length === 0 ? 'no connection' : told.join(', ') });
}

function percentilesOf({ count: total, p50, p99, p999 }: LatencyView): Array<[string, string]> {
  return [
    ['connections', count(total)],
    ['half within', timeOf(p50)],
    ['99 % within', timeOf(p99)],
    ['99.9 % within', timeOf(p999)],
  ];
}

function timeOf(value: number | 'more' | null): string {
  return value === 'more' ? 'longer' : milliseconds(value);
}

function rowsOf({ rows }: LatencyView): Array<{ text: string; total: number }> {
  return rows.map(({ upToMs, count: total }, index) => {
    const before = rows[index - 1]?.upToMs ?? null;
    const text = upToMs === null ? `over ${milliseconds(before)}` : `up to ${milliseconds(upToMs)}`;
    return { text, total };
  });
}

function newRow(): HTMLElement {
  const bar = svgElement('svg');
  bar.append(svgElement('rect'));
  return element('div', {}, element('span'), bar, element('span'));
}
