// The program of scenario `messages`: `node messages.mjs WAY BYTES LOAD PRIMARY MS`. One worker sends text of so many
// bytes to another for MS milliseconds.
//
// WAY `hub`: rondo/hub; this program runs with rondo/register then. WAY `relay`: process.send() to the primary, which
// sends it on. LOAD `flood`: as fast as that takes them, 1,024 under way; or so many per second, each due at a fixed
// time. PRIMARY `blocked`: its event loop stands still for most of that time.
import cluster from 'node:cluster';
import { monitor } from './delays.mjs';
import { ask, forkTeam, measured, nextOf, serveTasks, tell } from './team.mjs';

/** Messages, and bytes of them: as much as rondo/hub keeps for a reader by default would be lost beyond that. */
const MOST_UNDER_WAY = 1_024;
const MOST_BYTES = 8 * 1024 * 1024;
const WARM_UP_MS = 300;

const [way, bytesText, load, primary, msText] = process.argv.slice(2);
const UNDER_WAY = Math.min(MOST_UNDER_WAY, MOST_BYTES / Number(bytesText));
const ACKNOWLEDGED = UNDER_WAY / 4;
const hub = way === 'hub' ? (await import('rondo/hub')).hub : undefined;
if (cluster.isPrimary) await direct();
else await work();

async function direct() {
  // The exit handlers of the bench's host: nobody else ends what this forks.
  process.once('disconnect', () => process.exit());
  const [sender, receiver] = await forkTeam(2);
  if (!hub) {
    relay(sender, receiver);
    relay(receiver, sender);
  }
  const team = [sender, receiver];
  await ask(sender, 'send', { ms: WARM_UP_MS, load: 'flood' });
  await ask(receiver, 'forget');
  const { result, elapsedS, cpuS } = await measured(team, async () => {
    const sent = ask(sender, 'send', { ms: Number(msText), load });
    if (primary === 'blocked') await blocked(sender, Number(msText));
    return sent;
  });
  const { received, delays, fault } = await ask(receiver, 'report');
  const lost = received === result.sent ? fault : `${result.sent} sent, ${received} received`;
  tell(team, { messages: received, elapsedS, cpuS, ...delays, fault: lost });
}

/**
 * @param {import('node:cluster').Worker} from
 * @param {import('node:cluster').Worker} to
 */
function relay(from, to) {
  from.on('message', (message) => {
    if (message.bench === undefined) to.send(message);
  });
}

/**
 * From a quarter of the time on, for half of it.
 * @param {import('node:cluster').Worker} sender
 * @param {number} ms
 */
async function blocked(sender, ms) {
  await nextOf(sender, 'quarter');
  const until = performance.now() + ms / 2;
  while (performance.now() < until);
}

async function work() {
  const text = 'x'.repeat(Number(bytesText));
  const delays = monitor();
  let received = 0;
  let underWay = 0;
  /** @type {(() => void) | undefined} */
  let onRoom;
  let fault = '';

  const emit = talk({
    /**
     * @param {number} sentAt
     * @param {string} body
     */
    text(sentAt, body) {
      delays.record(sentAt);
      if (body.length !== text.length)
        fault = `${body.length} bytes came, and ${text.length} were sent`;
      if (++received % ACKNOWLEDGED === 0) emit('ack', ACKNOWLEDGED);
    },
    /** @param {number} count */
    ack(count) {
      underWay -= count;
      onRoom?.();
    },
  });

  await hub?.ready();
  serveTasks({
    async send({ ms, load }) {
      const rate = load === 'flood' ? Infinity : Number(load);
      let sent = 0;
      underWay = 0;
      const start = performance.now();
      let isTold = false;
      for (let now = start; now < start + ms; now = performance.now()) {
        const due = Math.min(rate * ((now - start) / 1_000), sent + UNDER_WAY - underWay);
        for (; sent < due; sent++, underWay++) emit('text', delays.now(), text);
        if (!isTold && now - start > ms / 4) {
          process.send?.({ bench: 'quarter' });
          isTold = true;
        }
        // In a flood one waits for room; else for the next that is due.
        await new Promise((resolve) => {
          if (underWay < UNDER_WAY) return setTimeout(resolve, rate === Infinity ? 0 : 1);
          onRoom = () => resolve(undefined);
        });
        onRoom = undefined;
      }
      return { sent };
    },
    async forget() {
      await settled(() => received);
      received = 0;
      delays.reset();
      return {};
    },
    async report() {
      await settled(() => received);
      return { received, delays: delays.figures(), fault };
    },
  });
}

/**
 * @param {Record<'text' | 'ack', (...args: any[]) => void>} listeners
 * @returns {(event: 'text' | 'ack', ...args: unknown[]) => void}
 */
function talk(listeners) {
  if (!hub) {
    process.on('message', (/** @type {any} */ { event, args }) => {
      if (event !== undefined) listeners[/** @type {'text'} */ (event)](...args);
    });
    return (event, ...args) => process.send?.({ event, args });
  }
  // Each worker listens for both, and only the other one sends.
  for (const event of /** @type {const} */ (['text', 'ack'])) hub.on(event, listeners[event]);
  return (event, ...args) => hub.emit(event, ...args);
}

/**
 * Until a count has not changed for 100 ms.
 * @param {() => number} count
 */
async function settled(count) {
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
