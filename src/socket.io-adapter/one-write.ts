/**
 * A broadcast is encoded once for all clients: as a WebSocket frame of two buffers, header and content, which are written together for each
 * client. As one buffer they are a plain write, which costs each client less.
 */

interface Encoding {
  _encode?(packet: unknown, options: PacketOptions): unknown;
}

interface PacketOptions {
  wsPreEncodedFrame?: Buffer[];
}

/** Not a part of the documented interface: without it, or with other frames, all is as it was. */
export function joinFrames(prototype: object): void {
  const { _encode: encode } = prototype as Encoding;
  if (typeof encode !== 'function') return;
  Object.defineProperty(prototype, '_encode', {
    configurable: true,
    writable: true,
    value(this: unknown, packet: unknown, options: PacketOptions): unknown {
      const encoded = encode.call(this as Encoding, packet, options);
      const frame = options.wsPreEncodedFrame;
      if (Array.isArray(frame) && frame.length > 1) {
        options.wsPreEncodedFrame = [Buffer.concat(frame)];
      }
      return encoded;
    },
  });
}
