/** What the whole is doing: the state, the figures of all workers together, and a reload. */

import type { ReloadProgress, Tick } from '../wire.js';
import { byId, setFigures, setText } from './dom.js';
import { count, duration, rate } from './format.js';

/** A reload that is over is shown for so long. */
const RELOAD_SHOWN_MS = 30_000;

export function showHeadline(tick: Tick): void {
  const [text, mood] = stateOf(tick);
  const badge = byId('state');
  setText(badge, text);
  badge.className = `badge ${mood}`;
  const { pid, rondo, node, uptimeMs } = tick;
  setText(byId('versions'), `${rondo} · Node ${node} · pid ${pid} · up ${duration(uptimeMs)}`);
  document.title = `${text.toLowerCase()} – rondo ${pid}`;
  setFigures(byId('figures'), figuresOf(tick));
  showReload(tick);
}

function stateOf({ state, isDegraded, reload }: Tick): [text: string, mood: string] {
  if (state === 'failed') return ['✕ Failed', 'is-bad'];
  if (state === 'stopping' || state === 'stopped') return [`◑ ${capital(state)}`, 'is-warning'];
  if (isDegraded) return ['▲ Degraded', 'is-bad'];
  if (reload?.state === 'running') return ['↻ Reloading', 'is-warning'];
  return state === 'running' ? ['● Running', 'is-good'] : [`◔ ${capital(state)}`, 'is-warning'];
}

function figuresOf({ dealing, seats, workers, ready, agent }: Tick): Array<[string, string]> {
  const sum = (key: 'open' | 'pending' | 'failures' | 'lost'): string =>
    count(seats.reduce((total, seat) => total + seat[key], 0));
  return [
    ['ready', `${ready} of ${workers}`],
    ['accepted/s', rate(dealing?.acceptedPerSecond ?? null)],
    ['accepted', count(dealing?.accepted ?? null)],
    ['open', sum('open')],
    ['pending', sum('pending')],
    ['waiting', count(dealing?.waiting ?? null)],
    ['lost', sum('lost')],
    ['failures', sum('failures')],
    ...(agent === null ? [] : [['agent', agent.isReady ? 'ready' : 'missing'] as [string, string]]),
  ];
}

function showReload({ reload, time }: Tick): void {
  const isShown = reload !== null && time - (reload.endedAt ?? time) < RELOAD_SHOWN_MS;
  byId('reload').hidden = !isShown;
  if (!isShown) return;
  setText(byId('reload-text'), reloadText(reload, time));
  const bar = byId<HTMLProgressElement>('reload-bar');
  bar.max = Math.max(1, reload.seats);
  bar.value = reload.replaced;
}

function reloadText(
  { state, replaced, seats, begunAt, endedAt }: ReloadProgress,
  now: number,
): string {
  const took = duration((endedAt ?? now) - begunAt);
  if (state === 'done') return `Reload done after ${took}`;
  if (state === 'failed') return `Reload failed after ${took}; the old workers serve on`;
  return `Reload: ${replaced} of ${seats} workers replaced, ${took}`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
