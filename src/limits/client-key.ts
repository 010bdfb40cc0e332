/** One key per client: of an IPv6 client the network, for it has more addresses than there is room for. */

import net from 'node:net';

const GROUPS = 8;

/**
 * A key for an IP address: IPv4 as it is, also where it is mapped into IPv6, and of IPv6 the first 64 bits, which are one
 * network's. `'local'` for an empty one, which a client of a Unix socket has.
 */
export function clientKey(address: string): string {
  if (address === '') return 'local';
  const [plain = ''] = address.split('%');
  if (!net.isIPv6(plain)) return address;
  const groups = groupsOf(plain);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [groups[6] ?? 0, groups[7] ?? 0].flatMap(bytesOf).join('.');
  const network = groups.slice(0, GROUPS / 2).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::');
  const before = groupsIn(head);
  if (tail === undefined) return before;
  const after = groupsIn(tail);
  return [...before, ...Array(GROUPS - before.length - after.length).fill(0), ...after];
}

function groupsIn(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function bytesOf(group: number): [number, number] {
  return [group >> 8, group & 0xff];
}
