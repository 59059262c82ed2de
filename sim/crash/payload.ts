/** Payloads that prove which record they are of, also where they are seen going into flash. */

/** Where a frame has the payload; its first byte is the length, and bits 4-7 of the second are the stream. */
const PAYLOAD_AT = 8;
const BATCH_STREAM = 15;
const BATCH_HEAD_BYTES = 3;

/** Payload of `length` bytes, at least 4, of record `id`: no two ids share one, nor does one begin with another. */
export function payloadOf(id: number, length: number): Uint8Array {
  const payload = new Uint8Array(length);
  let state = id * 64 + length;
  for (let i = 3; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    payload[i] = state >>> 24;
  }
  payload[0] = id;
  payload[1] = id >> 8;
  payload[2] = length;
  return payload;
}

/** The id of a payload; `undefined` when it was changed. */
export function idOf(payload: Uint8Array): number | undefined {
  const id = (payload[0] as number) | ((payload[1] as number) << 8);
  const whole = payloadOf(id, payload.length);
  for (let i = 0; i < payload.length; i++) if (payload[i] !== whole[i]) return undefined;
  return id;
}

/** The id of the record whose frame is programmed; `undefined` when it is something else. */
export function idProgrammed(bytes: Uint8Array): number | undefined {
  if (bytes[0] === 0) return undefined;
  const head = (bytes[1] as number) >> 4 === BATCH_STREAM ? BATCH_HEAD_BYTES : 0;
  const at = PAYLOAD_AT + head;
  if ((bytes[0] as number) - head !== bytes[at + 2]) return undefined;
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}
