/** What a PROXY header has said of a connection; native/channel/about.h has the layout of its bytes. */

/** An end of the connection: of its client, or where that has connected to. */
export interface ProxyEndpoint {
  /** An IP address, or a Unix socket's path; an abstract one begins with NUL, and `''` is none. */
  address: string;
  /** 0 for a Unix socket. */
  port: number;
}

/** What `proxyHeader()` returns. */
export interface ProxyHeader {
  version: 1 | 2;
  /** `'LOCAL'`: the proxy's own connection, a health check for instance. */
  command: 'LOCAL' | 'PROXY';
  /** Null where the header names none: `UNKNOWN`, `UNSPEC` and `LOCAL`. */
  family: 'IPv4' | 'IPv6' | 'Unix' | null;
  transport: 'stream' | 'datagram' | null;
  source: ProxyEndpoint | null;
  destination: ProxyEndpoint | null;
  /** As they came, in their order. */
  tlvs: ProxyTlv[];
  /** Whether some TLVs are missing, for all together had more than 1 KB. */
  isCut: boolean;
  /** The protocol by ALPN, such as `'h2'`. */
  alpn?: string;
  /** The host name that the client asked for, by TLS's server name for instance. */
  authority?: string;
  /** What the proxy calls the connection. */
  uniqueId?: Buffer;
  /** The network namespace in which the client's addresses are. */
  namespace?: string;
  /** If the client's connection to the proxy has TLS. */
  ssl?: ProxySsl;
}

export interface ProxyTlv {
  type: number;
  value: Buffer;
}

export interface ProxySsl {
  /** The client has shown a certificate, on this connection or when its TLS session began. */
  hasCertificate: boolean;
  /** It has shown one that the proxy has verified. */
  isVerified: boolean;
  /** Such as `'TLSv1.3'`. */
  version?: string;
  /** Of the client's certificate. */
  commonName?: string;
  cipher?: string;
  signatureAlgorithm?: string;
  keyAlgorithm?: string;
}

/** What Node's handles fill in for their socket. */
export interface NameOut {
  address?: string;
  port?: number;
  family?: string;
}

const FIXED = 14;
const FAMILIES = new Map<number, ProxyHeader['family']>([
  [1, 'Unix'],
  [4, 'IPv4'],
  [6, 'IPv6'],
]);
const TRANSPORTS = [null, 'stream', 'datagram'] as const;

const TLV_HEAD = 3;
const SSL_HEAD = 5;

/** Types of TLVs, and those within the one of TLS. */
const Type = {
  alpn: 0x01,
  authority: 0x02,
  noop: 0x04,
  uniqueId: 0x05,
  ssl: 0x20,
  namespace: 0x30,
};
const SSL_TEXTS: Record<
  number,
  'version' | 'commonName' | 'cipher' | 'signatureAlgorithm' | 'keyAlgorithm'
> = {
  33: 'version',
  34: 'commonName',
  35: 'cipher',
  36: 'signatureAlgorithm',
  37: 'keyAlgorithm',
};
/** PP2_CLIENT_CERT_CONN and PP2_CLIENT_CERT_SESS. */
const HAS_CERTIFICATE = 0x02 | 0x04;

/** Decoded when it is asked for: most connections are not asked. */
export class About {
  /** As they came, and go along where the connection goes. */
  readonly bytes: Buffer;
  #header: ProxyHeader | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get header(): ProxyHeader {
    this.#header ??= decode(this.bytes);
    return this.#header;
  }

  /**
   * What `getpeername()` (`isSource`) or `getsockname()` would say: true, and it is in `out`; false, and there is no
   * such name; null, and the connection's own is right.
   */
  nameInto(out: NameOut, isSource: boolean): boolean | null {
    const { family, source, destination } = this.header;
    if (family === null) return null;
    if (family === 'Unix') return false;
    Object.assign(out, isSource ? source : destination, { family });
    return true;
  }
}

function decode(bytes: Buffer): ProxyHeader {
  const family = FAMILIES.get(bytes[3] as number) ?? null;
  const sourceEnd = FIXED + bytes.readUInt16BE(10);
  const destinationEnd = sourceEnd + bytes.readUInt16BE(12);
  const endpoint = (from: number, to: number, port: number): ProxyEndpoint | null =>
    family === null ? null : { address: addressText(family, bytes.subarray(from, to)), port };
  const tlvs = tlvsIn(bytes.subarray(destinationEnd));
  return {
    version: bytes[1] === 1 ? 1 : 2,
    command: bytes[2] === 0 ? 'LOCAL' : 'PROXY',
    family,
    transport: TRANSPORTS[bytes[4] as number] ?? null,
    source: endpoint(FIXED, sourceEnd, bytes.readUInt16BE(6)),
    destination: endpoint(sourceEnd, destinationEnd, bytes.readUInt16BE(8)),
    tlvs,
    isCut: bytes[5] === 1,
    ...named(tlvs),
  };
}

function tlvsIn(bytes: Buffer): ProxyTlv[] {
  const tlvs: ProxyTlv[] = [];
  for (let at = 0; at + TLV_HEAD <= bytes.length; ) {
    const end = at + TLV_HEAD + bytes.readUInt16BE(at + 1);
    const type = bytes[at] as number;
    // What fills a gap stands for nothing.
    if (type !== Type.noop) tlvs.push({ type, value: bytes.subarray(at + TLV_HEAD, end) });
    at = end;
  }
  return tlvs;
}

function named(tlvs: readonly ProxyTlv[]): Partial<ProxyHeader> {
  const header: Partial<ProxyHeader> = {};
  for (const { type, value } of tlvs) {
    if (type === Type.alpn) header.alpn = value.toString();
    else if (type === Type.authority) header.authority = value.toString();
    else if (type === Type.uniqueId) header.uniqueId = value;
    else if (type === Type.namespace) header.namespace = value.toString();
    else if (type === Type.ssl && value.length >= SSL_HEAD) header.ssl = sslOf(value);
  }
  return header;
}

function sslOf(value: Buffer): ProxySsl {
  const hasCertificate = ((value[0] as number) & HAS_CERTIFICATE) !== 0;
  const ssl: ProxySsl = {
    hasCertificate,
    isVerified: hasCertificate && value.readUInt32BE(1) === 0,
  };
  for (const { type, value: text } of tlvsIn(value.subarray(SSL_HEAD))) {
    const name = SSL_TEXTS[type];
    if (name !== undefined) ssl[name] = text.toString();
  }
  return ssl;
}

function addressText(family: 'IPv4' | 'IPv6' | 'Unix', bytes: Buffer): string {
  if (family === 'Unix') return bytes.toString();
  return family === 'IPv4' ? bytes.join('.') : ipv6Text(bytes);
}

/** As libuv writes it, and so Node: the longest row of zeroes left out, the first of equals. */
function ipv6Text(bytes: Buffer): string {
  const words = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i));
  let [start, length] = [-1, 1];
  for (let from = 0; from < words.length; from++) {
    let to = from;
    while (words[to] === 0) to++;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const isIpv4 =
    start === 0 &&
    (length === 6 || (length === 7 && words[7] !== 1) || (length === 5 && words[5] === 0xffff));
  const texts = words.map((word) => word.toString(16));
  if (isIpv4) texts.splice(6, 2, bytes.subarray(12).join('.'));
  if (start < 0) return texts.join(':');
  return `${texts.slice(0, start).join(':')}::${texts.slice(start + length).join(':')}`;
}
