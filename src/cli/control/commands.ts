/** The commands for a running rondo, by their names: `rondo status`, `rondo reload`, … */

import { MOST_LINES } from '../../control/event-log.js';
import type { DealingChanges } from '../../supervisor/types.js';
import type { ListenerChanges, SlotOptions } from '../../types/options.js';
import { ArgumentError } from '../arguments.js';
import { followLogs, logs, reopenLog } from './logs.js';
import { type Call, type Command, runCommand } from './run-command.js';
import { statusText } from './status-text.js';
import { changesIn, integerIn } from './values.js';

const FORCE = { force: { type: 'boolean' } } as const;
const SET_OF = { listener: { type: 'string' }, seat: { type: 'string' } } as const;
const LOGS = {
  follow: { type: 'boolean', short: 'f' },
  lines: { type: 'string', short: 'n', default: '100' },
  reopen: { type: 'boolean' },
} as const;

const ALL: Record<string, Command> = {
  status: {
    usage: 'status [options]',
    help: 'Shows what a running rondo does: its workers, its listeners, the last reload.\n',
    words: [0, 0],
    async run({ client, print }) {
      const status = await client.status();
      print(status, statusText(status));
    },
  },
  reload: {
    usage: 'reload [options]',
    help: `Replaces every worker, one seat after another, with the program and the configuration as they are now. Ends when
that is done. If a new worker fails, what it wrote last is shown, and the old ones stay.
`,
    words: [0, 0],
    async run({ client, print }) {
      const done = await client.reload();
      print(done, `reloaded in ${done.ms} ms`);
    },
  },
  scale: {
    usage: 'scale N [options]',
    help: 'Changes the number of workers, 1 to 512. Ends when new ones are ready, or those that are too many have ended.\n',
    words: [1, 1],
    async run({ client, words, print }) {
      const done = await client.scale(integerIn('N', words[0]));
      print(done, `${done.workers} workers`);
    },
  },
  drain: {
    usage: 'drain SEAT [--force] [options]',
    help: `The worker of a seat ends when it has served what it has, and the seat stays without one until 'rondo restart' or
'rondo reload'. Ends when the worker has.

  --force          also if no other worker is ready; connections wait then
`,
    words: [1, 1],
    options: FORCE,
    async run({ client, words, values, print }) {
      const seat = integerIn('SEAT', words[0]);
      print(await client.drain(seat, { force: values.force === true }), `seat ${seat} is drained`);
    },
  },
  restart: {
    usage: 'restart SEAT [options]',
    help: `Replaces the worker of a seat; the old one serves until the new one is well. Ends when it is. If it fails, what it
wrote last is shown, and the old one stays.
`,
    words: [1, 1],
    async run({ client, words, print }) {
      const seat = integerIn('SEAT', words[0]);
      print(await client.restart(seat), `seat ${seat} has a new worker`);
    },
  },
  pause: {
    usage: 'pause [LISTENER] [options]',
    help: `Accepts no more connections on a listener, or on all that are open; they wait until 'rondo resume'. A LISTENER is an
id, a name, an address or a port of 'rondo status'.
`,
    words: [0, 1],
    async run({ client, words, print }) {
      const done = await client.pause(words[0]);
      print(done, `paused: ${done.listeners.join(', ') || 'none is open'}`);
    },
  },
  resume: {
    usage: 'resume [LISTENER] [options]',
    help: "Accepts again after 'rondo pause'.\n",
    words: [0, 1],
    async run({ client, words, print }) {
      const done = await client.resume(words[0]);
      print(done, `resumed: ${done.listeners.join(', ') || 'none is open'}`);
    },
  },
  set: {
    usage: 'set [--listener LISTENER | --seat SEAT] key=value… [options]',
    help: `Changes how connections are dealt, at once and until rondo ends. 'none' removes a limit.

  of all:          policy, window, takeBackMs, maxOpenConnections, pickTimeoutMs, rebalance, proxyProtocol
  --listener L     of one listener: policy, maxConnections, overload (queue or reset), maxQueueMs,
                   maxIdle, lookTimeoutMs, proxyProtocol
  --seat N         of one seat: weight, maxConnections
`,
    words: [1, 16],
    options: SET_OF,
    run: set,
  },
  stop: {
    usage: 'stop [options]',
    help: 'Stops rondo as SIGTERM does: workers serve what they have and end. Ends when rondo has.\n',
    words: [0, 0],
    async run({ client, print }) {
      await client.stop();
      print({ state: 'stopped' }, 'stopped');
    },
  },
  upgrade: {
    usage: 'upgrade [options]',
    help: `Has a new process of rondo take over, with rondo, Node and the program as they are now, without a refused connection.
Ends when it has.
`,
    words: [0, 0],
    async run({ client, print }) {
      const now = await client.upgrade();
      const { pid, rondo, node, ms } = now;
      print(now, `upgraded in ${ms} ms: pid ${pid}, rondo ${rondo}, Node ${node}`);
    },
  },
  logs: {
    usage: 'logs [-f] [-n N] [--reopen] [options]',
    help: `Shows the last lines of rondo's log, which has no lines of the program.

  -n, --lines N    how many, 1000 at most (100)
  -f, --follow     and then each that comes, until rondo ends
      --reopen     shows nothing: rondo opens the file of --log anew, as after it was moved
`,
    words: [0, 0],
    options: LOGS,
    async run(call) {
      if (call.values.reopen === true) return reopenLog(call);
      const count = integerIn('--lines', call.values.lines, MOST_LINES);
      if (call.values.follow === true) await followLogs(call, count);
      else await logs(call, count);
    },
  },
};

/** For main.ts. */
export const CONTROL_COMMANDS: Record<string, (words: string[]) => Promise<void>> =
  Object.fromEntries(
    Object.entries(ALL).map(([name, command]) => [name, (words) => runCommand(command, words)]),
  );

async function set({ client, words, values, print }: Call): Promise<void> {
  const { listener, seat } = values;
  if (listener !== undefined && seat !== undefined) {
    throw new ArgumentError('set: --listener and --seat cannot be given together');
  }
  const changes = changesIn(words);
  const text = words.join(' ');
  if (typeof listener === 'string') {
    const done = await client.configureListener(listener, changes as ListenerChanges);
    print(done, `listener ${listener}: ${text}`);
  } else if (typeof seat === 'string') {
    const number = integerIn('--seat', seat);
    print(await client.configureSeat(number, changes as SlotOptions), `seat ${number}: ${text}`);
  } else {
    print(await client.configure(changes as DealingChanges), text);
  }
}
