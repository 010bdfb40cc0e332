// How long does it take from the client's connect() to the worker's 'connection' event? At 1 %, 50 %
// and 90 % of the rate that this contestant reaches in a storm, which the warm-up measures: at equal
// rates one would be idle where another is at its end.
//
// A worker sends the time of its event with its reply, and client and worker read the same clock
// (CLOCK_MONOTONIC). The client's time is taken just before connect(): on loopback the kernel
// completes the handshake within that call, so a few microseconds of it are in all figures, and a
// client that is late, because its machine is busy, does not count as a slow hand-off.
/** Fewer than a backlog has room for (511): the kernel's retries of the handshake are no hand-off. */
const MAX_UNDER_WAY = 400;
const LOADS = [
  { load: '1 %', share: 0.01, seconds: 3 },
  { load: '50 %', share: 0.5, seconds: 1.5 },
  { load: '90 %', share: 0.9, seconds: 1.5 },
];

/** @type {import('../lib/types.mjs').LoadScenario} */
export const handoff = {
  name: 'handoff',
  about: "from connect() to the worker's 'connection' event, at shares of the maximum rate",
  contestants: [
    'rondo-native',
    'cluster-rr',
    'cluster-none',
    'send-socket',
    'reuseport',
    'proxy',
    'bare-dispatcher',
  ],
  columns: [
    'handoffP50Us',
    'handoffP90Us',
    'handoffP99Us',
    'handoffP999Us',
    'handoffMaxUs',
    'rateKept',
    'busiest',
    'othersCores',
  ],
  main: ['handoffP50Us', 'handoffP99Us'],
  isHeadline: ({ load }) => load === '50 %',
  variants: () => LOADS.map(({ load }) => ({ parameters: { load } })),
  handler: 'handoff',
  warmUp: { mode: 'storm', connections: 20_000, concurrency: 64 },
  load(connections, { parameters }, warmUp) {
    const step = LOADS.find(({ load }) => load === parameters?.load) ?? LOADS[0];
    const rate = Math.max(1, Math.round(warmUp.rate * step.share));
    return {
      mode: 'storm',
      connections: connections ?? Math.round(rate * step.seconds),
      concurrency: MAX_UNDER_WAY,
      rate,
    };
  },
};
