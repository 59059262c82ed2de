/**
 * Why a connection ended, or did not come about. What the broker did wrong is a ProtocolError instead, and what the
 * program's own callbacks threw stays what it was.
 */

/**
 *   stream          the stream failed: refused, unresolvable, reset, closed by the peer, not verified; the reason says which
 *   timeout         no CONNACK in time, or no answer to a SUBSCRIBE or UNSUBSCRIBE
 *   refused         the broker refused the CONNECT
 *   silent          the peer is dead: it has been silent though it was pinged
 *   unacknowledged  a message has been in flight for too long
 *   stopped         the program said so
 */
export type CauseKind = 'stream' | 'timeout' | 'refused' | 'silent' | 'unacknowledged' | 'stopped';

export class ConnectionError extends Error {
  override name = 'ConnectionError';
  readonly kind: CauseKind;

  constructor(kind: CauseKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Connect return codes (table 3.1), in the order of their numbers from 1. */
const REFUSALS = Object.freeze([
  'unacceptable protocol version',
  'client identifier rejected',
  'server unavailable',
  'bad user name or password',
  'not authorized',
]);

export function refusal(code: number): ConnectionError {
  return new ConnectionError('refused', `refused by CONNACK ${code}: ${REFUSALS[code - 1]}`);
}
