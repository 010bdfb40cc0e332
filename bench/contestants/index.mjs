// The contestants in the order of the tables. Adding one is a line here and a file NAME.mjs beside
// this one that exports `primary` and `worker` (see Adapter in ../lib/types.mjs).

/** @type {Record<string, string>} */
export const CONTESTANTS = {
  'rondo-native': 'rondo, native transport, default options',
  'rondo-ipc': 'rondo, ipc transport, default options',
  'cluster-rondo': 'node:cluster with rondo/register, otherwise the program of cluster-rr',
  'cluster-rr': 'node:cluster, SCHED_RR: the primary accepts and sends each handle',
  'cluster-none': 'node:cluster, SCHED_NONE: the workers accept from one shared listen socket',
  'send-socket': "subprocess.send('socket', socket) per accepted socket, in turn",
};
