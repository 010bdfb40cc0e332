/** The bytes of an IP address that stand for a client. */

import { isIPv4, isIPv6 } from 'node:net';

/**
 * Four bytes for IPv4, also when it comes as IPv6 (`::ffff:192.0.2.1`); sixteen for IPv6, with zeroes
 * after the prefix. Null for what is no address, such as '' of a Unix socket.
 */
export function addressBytes(address: string, ipv6Prefix: number): number[] | null {
  if (isIPv4(address)) return address.split('.').map(Number);
  if (!isIPv6(address)) return null;
  // Without a zone, which is of this host only.
  const bytes = ipv6Bytes((address.split('%', 1)[0] as string).toLowerCase());
  if (isMapped(bytes)) return bytes.slice(12);
  return bytes.map((byte, index) => byte & maskOf(ipv6Prefix - 8 * index));
}

/** Of text that isIPv6() takes. */
function ipv6Bytes(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const left = groupsOf(head);
  const right = groupsOf(tail ?? '');
  const zeroes = Array<number>(16 - left.length - right.length).fill(0);
  return [...left, ...zeroes, ...right];
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** Of one byte, so many of its bits from the left. */
function maskOf(bits: number): number {
  if (bits >= 8) return 0xff;
  return bits <= 0 ? 0 : (0xff00 >> bits) & 0xff;
}
