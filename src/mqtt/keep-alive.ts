/**
 * When to ping, and when the peer is dead.
 *
 * Pure: a function of the time and of what happened when. The rules:
 *   - ping when nothing was sent for an interval [MQTT-3.1.2-23], and also when nothing was received for one: a client
 *     that only publishes QoS 0 hears nothing, and its own writes say nothing about the peer;
 *   - bytes from the peer are a sign of life, whatever they are: on a slow link the PINGRESP stands behind other data;
 *   - the peer is dead when a ping was sent and the peer has been silent for the response timeout, or when it has been
 *     silent for so long that this must have come about, had there been room to send the ping.
 */

/** Pings come this much earlier than keep-alive demands, so that a late timer does not exceed it. */
const INTERVAL_FRACTION = 0.9;

export interface KeepAlive {
  /** From `keepAliveInterval`; Infinity when keep-alive is off. */
  readonly intervalMilliseconds: number;
  /** How long a ping may go without any sign of life. */
  readonly responseTimeoutMilliseconds: number;
  sentMilliseconds: number;
  receivedMilliseconds: number;
  /** When the ping was sent that has not been answered; undefined when all were. */
  pingMilliseconds: number | undefined;
}

export type KeepAliveVerdict = 'quiet' | 'ping' | 'dead';

/** The longest silence before a ping. */
export function keepAliveInterval(keepAliveSeconds: number): number {
  return keepAliveSeconds === 0 ? Number.POSITIVE_INFINITY : Math.floor(keepAliveSeconds * 1000 * INTERVAL_FRACTION);
}

export function keepAliveVerdict(state: KeepAlive, nowMilliseconds: number): KeepAliveVerdict {
  if (nowMilliseconds >= deadAt(state)) return 'dead';
  return nowMilliseconds >= pingAt(state) ? 'ping' : 'quiet';
}

/** The moment at which the verdict will next be another one, if nothing happens until then; Infinity for never. */
export function keepAliveDeadline(state: KeepAlive): number {
  return Math.min(pingAt(state), deadAt(state));
}

function pingAt(state: KeepAlive): number {
  const { intervalMilliseconds, sentMilliseconds, receivedMilliseconds, pingMilliseconds } = state;
  const sendingDue = sentMilliseconds + intervalMilliseconds;
  return pingMilliseconds === undefined
    ? Math.min(sendingDue, receivedMilliseconds + intervalMilliseconds)
    : sendingDue;
}

function deadAt(state: KeepAlive): number {
  const { intervalMilliseconds, responseTimeoutMilliseconds, receivedMilliseconds, pingMilliseconds } = state;
  const silent = receivedMilliseconds + intervalMilliseconds + responseTimeoutMilliseconds;
  if (pingMilliseconds === undefined) return silent;
  return Math.min(silent, Math.max(pingMilliseconds, receivedMilliseconds) + responseTimeoutMilliseconds);
}
