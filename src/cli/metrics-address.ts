/** What `--metrics` says: where the metrics are served. */

import { isIPv6 } from 'node:net';

export interface MetricsAddress {
  host: string;
  port: number;
}

/** Who is not told a host gets this: figures are nobody's business outside. */
const LOOPBACK = '127.0.0.1';

const PARTS = /^(?:(?:\[([^[\]]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/;

/** `[HOST:]PORT`, with an IPv6 address in brackets. Null for anything else. */
export function parseMetricsAddress(text: string): MetricsAddress | null {
  const parts = PARTS.exec(text);
  if (parts === null) return null;
  const [, ipv6, host = LOOPBACK, digits] = parts;
  const port = Number(digits);
  if (port > 65_535 || (ipv6 !== undefined && !isIPv6(ipv6))) return null;
  return { host: ipv6 ?? host, port };
}
