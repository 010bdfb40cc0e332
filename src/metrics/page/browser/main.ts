/** What is shown of each message, and what of the connection itself. */

import { Dealing } from './dealing.js';
import { byId, setText } from './dom.js';
import { clock } from './format.js';
import { showHeadline } from './headline.js';
import { showLatency } from './latency.js';
import { Events, showListeners } from './lists.js';
import { Seats } from './seats.js';
import { type Connection, watch } from './stream.js';
import { Timeline } from './timeline.js';

const seats = new Seats();
const dealing = new Dealing();
const timeline = new Timeline();
const events = new Events();
let page: string | null = null;
let pid: number | null = null;
let intervalMs = 500;
let lastTime: number | null = null;

const NOTICES: Record<Exclude<Connection, 'live'>, string> = {
  silent: 'The primary is there, but says nothing',
  lost: 'Not connected to the primary; trying again',
};

watch({
  hello(hello) {
    // After an upgrade the primary may have another page than this one.
    if (page !== null && hello.page !== page) return location.reload();
    page = hello.page;
    intervalMs = hello.intervalMs;
    timeline.reset(hello.lives);
    events.reset(hello.happenings);
  },
  tick(tick) {
    if (pid !== null && pid !== tick.pid) {
      events.note(tick.time, `another primary serves this page: pid ${tick.pid} after ${pid}`);
    }
    pid = tick.pid;
    lastTime = tick.time;
    for (const life of tick.lives) timeline.add(life);
    showHeadline(tick);
    seats.show(tick);
    dealing.show(tick, intervalMs);
    showLatency(tick);
    timeline.show(tick);
    events.add(tick.happenings);
    showListeners(tick);
  },
  connection(state) {
    const isLive = state === 'live';
    const text = byId('connection');
    setText(text, isLive ? '● live' : '○ not live');
    text.className = `connection ${isLive ? 'is-good' : 'is-bad'}`;
    byId('notice').hidden = isLive;
    document.querySelector('main')?.classList.toggle('is-stale', !isLive);
    if (isLive) return;
    const from = lastTime === null ? '' : `. What is shown is of ${clock(lastTime)}`;
    setText(byId('notice'), `${NOTICES[state]}${from}.`);
  },
});
