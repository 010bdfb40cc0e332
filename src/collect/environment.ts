/**
 * How a worker finds the primary that collects metrics: `RONDO_COLLECT`, which is there only if it does. Small, because each
 * process that forks loads it.
 *
 *   RONDO_COLLECT=<version>.<token>.<address>
 */

export const COLLECT_VARIABLE = 'RONDO_COLLECT';

/** Of the variable, and of what is said on the connections. */
const VERSION = 2;

export interface DeskPlace {
  readonly token: Buffer;
  /** As `net.connect({ path })` takes it. */
  readonly address: string;
}

let place: DeskPlace | null = null;

/** From now on children are told. */
export function announceDesk(desk: DeskPlace | null): void {
  place = desk;
}

/** The variable for a worker that is forked now. */
export function collectEnvironment(): Record<string, string> {
  if (place === null) return {};
  const { token, address } = place;
  const shown = address.startsWith('\0') ? `@${address.slice(1)}` : address;
  return { [COLLECT_VARIABLE]: `${VERSION}.${token.toString('hex')}.${shown}` };
}

/** In the worker, once: its own children are none. Null if nobody collects, or by another version. */
export function takeDeskPlace(): DeskPlace | null {
  const value = process.env[COLLECT_VARIABLE] ?? '';
  delete process.env[COLLECT_VARIABLE];
  const [, version, token, address] = /^(\d+)\.([0-9a-f]{64})\.(.+)$/s.exec(value) ?? [];
  if (Number(version) !== VERSION || token === undefined || address === undefined) return null;
  return {
    token: Buffer.from(token, 'hex'),
    address: address.startsWith('@') ? `\0${address.slice(1)}` : address,
  };
}
