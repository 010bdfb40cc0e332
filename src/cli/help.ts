/** What `rondo --help` prints. */

export const HELP = `Usage: rondo start [options] <file> [-- arguments]

Runs a server file, as it is, in several processes that share its ports.

Options:
  -w, --workers N    how many processes (default: one for each CPU core)
      --policy P     round-robin (default) or least-connections
      --window N     connections handed to a worker ahead of need, 1 to 1024 (default: auto)
  -h, --help         print this
  -v, --version      print the version

Arguments after -- are the program's. RONDO_POLICY, RONDO_WINDOW, RONDO_TRANSPORT and
RONDO_TAKE_BACK_MS apply too; options go before them.

SIGTERM and SIGINT go to the workers, which finish what they serve; a second one ends them at once.

Exit codes: 0 after a clean stop, 1 if a worker failed, 2 for wrong usage, 128 + the signal's number
after a second signal.
`;
