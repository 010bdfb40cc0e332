// The figures of scenarios that have programs of their own, and no load on a server.

/** @type {Record<string, import('./metrics.mjs').Metric>} */
export const PROGRAM_METRICS = {
  fdsPerSecond: {
    label: 'fds/s',
    name: 'descriptors passed',
    unit: 'per second',
    digits: 0,
    better: 'higher',
    of: ({ observed }) => observed.fdsPerSecond,
  },
  senderUs: {
    label: 'sender µs',
    name: 'CPU time of the sender per descriptor',
    unit: 'µs',
    digits: 2,
    of: ({ observed }) => observed.senderUs,
  },
  receiverUs: {
    label: 'receiver µs',
    name: 'CPU time of the receiver per descriptor',
    unit: 'µs',
    digits: 2,
    of: ({ observed }) => observed.receiverUs,
  },
  messagesPerSecond: {
    label: 'messages/s',
    name: 'messages',
    unit: 'per second',
    digits: 0,
    better: 'higher',
    of: ({ observed }) => observed.messagesPerSecond,
  },
  messageP99Us: {
    label: 'p99 µs',
    name: '99th percentile of the time of a message',
    unit: 'µs',
    digits: 0,
    of: ({ observed }) => observed.p99Us,
  },
  messageMaxMs: {
    label: 'max ms',
    name: 'longest time of a message',
    unit: 'ms',
    digits: 1,
    of: ({ observed }) => observed.maxUs / 1_000,
  },
  messageUs: {
    label: 'CPU µs',
    name: 'CPU time of all processes per message',
    unit: 'µs',
    digits: 1,
    of: ({ observed }) => observed.messageUs,
  },
  operationsPerSecond: {
    label: 'per second',
    name: 'operations',
    unit: 'per second',
    digits: 0,
    better: 'higher',
    of: ({ observed }) => observed.operationsPerSecond,
  },
  operationUs: {
    label: 'CPU µs',
    name: 'CPU time of all processes per operation',
    unit: 'µs',
    digits: 2,
    of: ({ observed }) => observed.operationUs,
  },
};
