/** What `rondo --help` prints. */

import { POLICIES } from '../dispatcher/policies/index.js';

const INDENT = 27;

const policies = POLICIES.map(
  ({ name, help }) => `${' '.repeat(INDENT + 2)}${name.padEnd(19)}${help}`,
).join('\n');

export const HELP = `Usage: rondo start [options] <file> [-- arguments]
       rondo bench [options], rondo bench compare A B, rondo bench serve NAME; see rondo bench --help

rondo start runs a server file, as it is, in several processes that share its ports, and keeps them alive.

Options:
  -w, --workers N          how many processes (default: one for each CPU core)
      --policy P           which of them gets the next connection (default: ${POLICIES[0]?.name}):
${policies}
      --window N           connections handed to a worker ahead of need, 1 to 1024 (default: auto)
      --ready-when W       a worker is ready when it is 'listening' (default), by a 'message' 'ready', or when
                           its program is 'started'
      --start-timeout MS   a worker that is not ready by then is killed (30000)
      --max-restarts N     failures within a minute after which a worker stays away (10)
      --min-uptime MS      a worker is well when it has been ready for so long (1000)
      --idle-grace MS      how long a draining worker keeps idle connections (1000)
      --drain-timeout MS   after that a draining worker closes what is left (30000)
      --handler-timeout MS the program's own handlers of the signal are called by then (5000)
      --kill-timeout MS    and after so much more it is killed (5000)
      --hang-timeout MS    replace a worker whose event loop is stuck for so long (off)
      --max-connections N  replace a worker after about so many connections (off)
      --max-age MS         replace a worker after about so long (off)
      --max-memory MB      replace a worker that uses more than that (off)
      --parallel N         how many workers a reload replaces at once (1)
      --agent FILE         a helper process that runs once, ready before the workers
      --no-guard           a worker with an uncaught error ends at once, and does not finish first
      --config FILE        more options, as JSON; read again by a reload
      --pidfile FILE       holds the process id while rondo runs
      --metrics [HOST:]PORT serve /metrics, /live and /ready there (off; without HOST on 127.0.0.1)
      --json               log JSON, one line per event
  -h, --help               print this
  -v, --version            print the version

Arguments after -- are the program's. RONDO_POLICY, RONDO_WINDOW, RONDO_TRANSPORT and
RONDO_TAKE_BACK_MS apply too; the file's options go before them, and those given here before all.

Signals:
  SIGTERM, SIGINT   stop: workers finish what they serve; a second one, a second later, ends them at once
  SIGHUP, SIGUSR2   reload: new workers, one after another, with the file and configuration as they are
  SIGTTIN, SIGTTOU  one worker more, one less

Exit codes: 0 after a clean stop, 1 if rondo itself failed, 2 for wrong usage, 3 if workers failed too
often, 128 + the signal's number after a second signal.
`;
