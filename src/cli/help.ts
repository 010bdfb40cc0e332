/** What `rondo --help` prints. */

import { POLICIES } from '../dispatcher/policies/index.js';

const INDENT = 27;

const policies = POLICIES.map(
  ({ name, help }) => `${' '.repeat(INDENT + 2)}${name.padEnd(19)}${help}`,
).join('\n');

export const HELP = `Usage: rondo start [options] <file> [-- arguments]
       rondo start [options] --config FILE
       rondo status, reload, scale N, drain SEAT, restart SEAT, pause, resume, set, logs, stop, upgrade: ask and
           change what runs; see rondo status --help and so on
       rondo top: what it does, live in a terminal; see rondo top --help
       rondo bench [options], rondo bench compare A B, rondo bench serve NAME, with the package @rondo/bench; see
           rondo bench --help

rondo start runs a server file, as it is, in several processes that share its ports, and keeps them alive.

Options:
  -w, --workers N          how many processes, or max (default: one for each CPU that may be used) or half
      --policy P           which of them gets the next connection (default: ${POLICIES[0]?.name}):
${policies}
      --window N           connections handed to a worker ahead of need, 1 to 1024 (default: auto)
      --rebalance R        connections go to another worker between two requests: auto (default), off or always
      --proxy-protocol NETS  each TCP connection begins with a PROXY header, and comes from one of these networks,
                           separated by commas: 10.0.0.0/8,::1 (off)
      --sticky KEYS        a session's connections stay with one worker: the first of query:NAME, cookie:NAME,
                           x-forwarded-for, server-name, tls-session and address that is there, such as
                           query:sid,cookie:io,address (off)
      --ready-when W       a worker is ready when it is 'listening' (default), by a 'message' 'ready', or when
                           its program is 'started'
      --start-timeout MS   a worker that is not ready by then is killed (30000)
      --max-restarts N     failures within a minute after which a worker stays away (10)
      --min-uptime MS      a worker is well when it has been ready for so long (1000)
      --idle-grace MS      how long a draining worker keeps idle connections (1000)
      --drain-timeout MS   after that a draining worker closes what is left (30000)
      --handler-timeout MS the program's own handlers of the signal are called by then (5000)
      --kill-timeout MS    and after so much more it is killed (5000)
      --stop-delay MS      after SIGTERM all is served for so long, but /ready fails (0)
      --hang-timeout MS    replace a worker whose event loop is stuck for so long (off)
      --max-connections N  replace a worker after about so many connections (off)
      --max-age MS         replace a worker after about so long (off)
      --max-memory MB|N%   replace a worker that uses more than that, or than its share of N % of the limit (off)
      --upgrade-timeout MS a new rondo has so long to become ready in an upgrade (by the start timeout)
      --parallel N         how many workers a reload replaces at once (1)
      --agent FILE         a helper process that runs once, ready before the workers
      --no-guard           a worker with an uncaught error ends at once, and does not finish first
  -r, --require MODULE     loaded before the program, as by Node's own flag; may be repeated, as may these:
      --import MODULE      the same for modules that are imported
      --node-arg ARG       an option of Node for the processes
      --env-file FILE      variables for the processes, read again by a reload
      --env-file-if-exists FILE  the same for a file that may be missing
      --config FILE        more options, and the program or several, as JSON or by a module; read again by a reload
      --program NAME       of several programs in the configuration, only this one
      --fail-together      all of them end when one has failed for good
      --watch[=PATHS]      reload when the program's files change, or those at PATHS, separated by commas
      --watch-ignore GLOB  but for these; node_modules and directories with a dot are left out anyway
      --pidfile FILE       holds the process id while rondo runs
      --name NAME          by which rondo status and the others find it (default: the program's file)
      --control PATH       where its control socket is (default: by its name, in $XDG_RUNTIME_DIR/rondo or
                           /run/rondo); off: there is none
      --metrics [HOST:]PORT serve a page, /metrics, /live and /ready there (off; without HOST on 127.0.0.1)
      --fd-store           systemd (FileDescriptorStoreMax=) keeps the listening sockets over a crash
      --json               log JSON, one line per event
      --no-time            log without the time, which under systemd's journal is the default
      --log FILE           log to a file in place of stderr; one that was moved is created again
  -h, --help               print this
  -v, --version            print the version

Arguments after -- are the program's. RONDO_POLICY, RONDO_WINDOW, RONDO_TRANSPORT, RONDO_STICKY,
RONDO_REBALANCE, RONDO_TAKE_BACK_MS and RONDO_PROXY_PROTOCOL apply too; the file's options go before them, and those given here before all.

Signals:
  SIGTERM, SIGINT   stop: workers finish what they serve; a second one, 2 s later, ends them at once
  SIGHUP            reload: new workers, one after another, with the file and configuration as they are
  SIGUSR2           upgrade: a new process of rondo, with Node, rondo and program as they are, takes over
  SIGTTIN, SIGTTOU  one worker more, one less

Exit codes: 0 after a clean stop, 1 if rondo itself failed, 2 for wrong usage, 3 if workers failed too
often, 128 + the signal's number after a second signal.
`;
