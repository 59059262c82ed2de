/** What several tests of this folder need: packets as bytes, and a decoder that collects. */
import { Decoder } from '../../src/mqtt/decode.js';
import type { InboundPacket } from '../../src/mqtt/packet.js';

export const PACKET_BYTES_MAX = 2048;

/** `'30 03 0001 61'` as bytes. */
export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** The packets in `bytes`, which arrive in fragments of the given lengths, the last one repeated. Payloads are copied. */
export function decodeAll(
  bytes: Uint8Array,
  fragmentLengths: readonly number[] = [bytes.length],
  packetBytesMax = PACKET_BYTES_MAX,
): InboundPacket[] {
  const packets: InboundPacket[] = [];
  const decoder = new Decoder(packetBytesMax, {
    onPacket: (packet) => {
      packets.push('payload' in packet ? { ...packet, payload: packet.payload.slice() } : packet);
    },
  });
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = Math.max(1, fragmentLengths[Math.min(index, fragmentLengths.length - 1)] as number);
    // A copy that is overwritten afterwards: a packet must not depend on bytes that were pushed before.
    const fragment = bytes.slice(at, at + length);
    decoder.push(fragment);
    fragment.fill(0xee);
    at += length;
  }
  return packets;
}

/** The error that `bytes` make the decoder throw; undefined if they are all right. */
export function errorOf(
  bytes: Uint8Array,
  fragmentLengths?: readonly number[],
  packetBytesMax?: number,
): Error | undefined {
  try {
    decodeAll(bytes, fragmentLengths, packetBytesMax);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
