/** What errors of accept and hand-off mean, on the ipc transport; native/base/errors.h has the reasons. */

const CONNECTION_ERRORS = new Set([
  'ECONNABORTED',
  'EPROTO',
  'EPERM',
  'ENONET',
  'ENETDOWN',
  'ENOPROTOOPT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EOPNOTSUPP',
  'ENOTSUP',
  'ENETUNREACH',
  'ETIMEDOUT',
]);
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'ETOOMANYREFS', 'EAGAIN']);

/** Of an error of accept(2): the listening socket itself is fine. */
export function doesPass(code: string): boolean {
  return CONNECTION_ERRORS.has(code) || isShortage(code);
}

/** The process, the user or the machine is short of something that comes back by itself. */
export function isShortage(code: string): boolean {
  return SHORTAGES.has(code);
}
