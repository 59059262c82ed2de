import fc from 'fast-check';
import { PacketType, ProtocolError } from '../../src/mqtt/packet.js';
import { REQUESTS_MAX, Session } from '../../src/mqtt/session.js';

const ignore = () => {};

/** Ends the connection and begins the next one. */
function reconnect(session: Session, sessionPresent: boolean): void {
  session.end();
  session.begin(sessionPresent);
}

/** Hands a message in, as a publisher does: its packet identifier, negative with DUP. */
function send(session: Session, token: number): number {
  const packetId = session.publish(token, 0);
  return session.isRedelivery ? -packetId : packetId;
}

describe('packet identifiers', () => {
  it('[MQTT-2.3.1-1] are never 0, and wrap from 65535 to 1', () => {
    const session = new Session(1);
    const given = Array.from({ length: 65_536 }, (_, token) => {
      const packetId = send(session, token);
      session.acknowledge(packetId);
      return packetId;
    });
    expect(given.every((packetId, index) => packetId === (index % 65_535) + 1)).toBe(true);
  });

  it('[MQTT-2.3.1-2] skip those in flight and those of requests', () => {
    const session = new Session(2);
    expect(send(session, 1)).toBe(1);
    expect(session.request(PacketType.SUBSCRIBE, 1, 0, ignore)).toBe(2);
    for (let packetId = 3; packetId <= 65_535; packetId++) session.acknowledge(send(session, packetId));
    expect(send(session, 70_000)).toBe(3);
  });

  it('[MQTT-2.3.1-3] are free again after the acknowledgement', () => {
    const session = new Session(1);
    for (let token = 0; token < 65_535; token++) session.acknowledge(send(session, token));
    expect(send(session, 65_535)).toBe(1);
  });
});

describe('the window', () => {
  it('is full after windowMax messages, and open again after an acknowledgement', () => {
    const session = new Session(2);
    send(session, 10);
    expect(session.windowFull).toBe(false);
    send(session, 11);
    expect(session.windowFull).toBe(true);
    expect(() => session.publish(12, 0)).toThrow('2 messages are in flight');
    session.acknowledge(1);
    expect(session.windowFull).toBe(false);
    expect(session.inFlight).toBe(1);
  });

  it('takes acknowledgements in any order', () => {
    const session = new Session(3);
    const packetIds = [100, 101, 102].map((token) => send(session, token));
    expect(session.acknowledge(packetIds[1] as number)).toBe(101);
    expect(session.acknowledge(packetIds[2] as number)).toBe(102);
    expect(session.acknowledge(packetIds[0] as number)).toBe(100);
    expect(session.inFlight).toBe(0);
  });

  it('ignores and counts acknowledgements for nothing in flight', () => {
    const session = new Session(3);
    send(session, 100);
    expect(session.acknowledge(2)).toBeUndefined();
    expect(session.acknowledge(1)).toBe(100);
    expect(session.acknowledge(1)).toBeUndefined();
    expect(session.unknownAcknowledgements).toBe(2);
  });

  it('does not take an acknowledgement for a message that was not sent again on this connection', () => {
    const session = new Session(3);
    send(session, 100);
    reconnect(session, true);
    expect(session.acknowledge(1)).toBeUndefined();
    expect(send(session, 100)).toBe(-1);
  });

  it('refuses the same token twice on one connection', () => {
    const session = new Session(3);
    send(session, 100);
    expect(() => session.publish(100, 0)).toThrow('token 100 is in flight already');
  });

  it('knows when the oldest in flight was sent', () => {
    const session = new Session(3);
    expect(session.oldestSentMilliseconds).toBeUndefined();
    session.publish(1, 50);
    session.publish(2, 60);
    expect(session.oldestSentMilliseconds).toBe(50);
    session.acknowledge(1);
    expect(session.oldestSentMilliseconds).toBe(60);
    session.end();
    expect(session.oldestSentMilliseconds).toBeUndefined();
  });

  it('keeps tokens beyond 2^32 exactly', () => {
    const session = new Session(1);
    const token = Number.MAX_SAFE_INTEGER;
    expect(session.acknowledge(send(session, token))).toBe(token);
  });
});

describe('redelivery', () => {
  it('[MQTT-3.3.1-1] [MQTT-4.4.0-1] [MQTT-2.3.1-3] has DUP and the same packet identifier, new messages neither', () => {
    const session = new Session(5);
    expect([1, 2, 3].map((token) => send(session, token))).toEqual([1, 2, 3]);
    session.acknowledge(2);
    reconnect(session, true);
    expect([1, 3, 4].map((token) => send(session, token))).toEqual([-1, -3, 4]);
  });

  it('[MQTT-3.1.2-6] without a session has DUP, and its identifier is new', () => {
    const session = new Session(5);
    for (const token of [1, 2, 3]) send(session, token);
    session.acknowledge(1);
    reconnect(session, false);
    expect([2, 3, 4].map((token) => send(session, token))).toEqual([-4, -5, 6]);
    reconnect(session, true);
    expect([2, 3, 4].map((token) => send(session, token))).toEqual([-4, -5, -6]);
  });

  it('survives connections that end before everything was handed in again', () => {
    const session = new Session(5);
    for (const token of [1, 2, 3]) send(session, token);
    reconnect(session, true);
    expect(send(session, 1)).toBe(-1);
    reconnect(session, true);
    reconnect(session, true);
    expect([1, 2, 3].map((token) => send(session, token))).toEqual([-1, -2, -3]);
  });

  it('does not mind a new message in between', () => {
    const session = new Session(5);
    for (const token of [1, 2]) send(session, token);
    reconnect(session, true);
    expect([99, 2, 1].map((token) => send(session, token))).toEqual([3, -2, -1]);
  });

  it('never gives the identifier of a message that may still be handed in again', () => {
    const session = new Session(2);
    send(session, 1);
    reconnect(session, true);
    for (let token = 2; token <= 65_535; token++) session.acknowledge(send(session, token));
    expect(send(session, 70_000)).toBe(2);
    expect(send(session, 1)).toBe(-1);
  });

  it('does not shrink the window when messages are never handed in again', () => {
    const session = new Session(2);
    for (let token = 0; token < 100; token += 2) {
      expect([token, token + 1].map((each) => send(session, each) > 0)).toEqual([true, true]);
      expect(session.windowFull).toBe(true);
      reconnect(session, true);
    }
    expect(send(session, 99)).toBeLessThan(0);
    expect(send(session, 0)).toBeGreaterThan(0);
  });
});

describe('requests', () => {
  it('[MQTT-2.3.1-7] are found by the packet identifier of the answer', () => {
    const session = new Session(1);
    const first = session.request(PacketType.SUBSCRIBE, 2, 5, ignore);
    const second = session.request(PacketType.UNSUBSCRIBE, 1, 6, ignore);
    expect(session.oldestRequestMilliseconds).toBe(5);
    expect(session.subscribed(first, Uint8Array.of(0, 1)).packetId).toBe(first);
    expect(session.oldestRequestMilliseconds).toBe(6);
    expect(session.unsubscribed(second).packetId).toBe(second);
    expect(session.oldestRequestMilliseconds).toBeUndefined();
  });

  it.each<[string, (session: Session) => unknown]>([
    ['MQTT-3.8.4-2', (session) => session.subscribed(2, Uint8Array.of(0, 0))],
    ['MQTT-3.8.4-5', (session) => session.subscribed(1, Uint8Array.of(0))],
    ['MQTT-3.10.4-4', (session) => session.unsubscribed(1)],
  ])('[%s] refuse an answer to something else', (statement, answer) => {
    const session = new Session(1);
    expect(session.request(PacketType.SUBSCRIBE, 2, 0, ignore)).toBe(1);
    const error = (() => {
      try {
        return answer(session);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as ProtocolError).statement).toBe(statement);
  });

  it('are bounded', () => {
    const session = new Session(1);
    for (let count = 0; count < REQUESTS_MAX; count++) {
      expect(session.requestsFull).toBe(false);
      session.request(PacketType.SUBSCRIBE, 1, 0, ignore);
    }
    expect(session.requestsFull).toBe(true);
  });

  it('come back when the connection ends', () => {
    const session = new Session(1);
    session.request(PacketType.SUBSCRIBE, 1, 0, ignore);
    expect(session.end().map(({ packetId }) => packetId)).toEqual([1]);
    expect(session.end()).toEqual([]);
  });
});

/** The same rules, stated once more without tables. */
class Model {
  readonly packetIds = new Map<number, number>();
  readonly seen = new Set<number>();
  current: number[] = [];
}

it('agrees with a model under any sequence of events', () => {
  const event = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reconnect' as const), present: fc.boolean() }) },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(event, { maxLength: 80 }), (windowMax, events) => {
      const session = new Session(windowMax);
      const model = new Model();
      // An outbox in small: tokens not yet acknowledged, oldest first, and how many of them were handed in.
      let queue: number[] = [];
      let handed = 0;
      let nextToken = 1;
      for (const step of events) {
        if (step.kind === 'send' && !session.windowFull) {
          if (handed === queue.length) queue.push(nextToken++);
          const token = queue[handed++] as number;
          const packetId = send(session, token);
          expect(packetId < 0).toBe(model.seen.has(token));
          const known = model.packetIds.get(token);
          if (known !== undefined) expect(-packetId).toBe(known);
          for (const other of model.current) expect(model.packetIds.get(other)).not.toBe(Math.abs(packetId));
          model.packetIds.set(token, Math.abs(packetId));
          model.seen.add(token);
          model.current.push(token);
        } else if (step.kind === 'acknowledge' && model.current.length > 0) {
          const token = model.current[step.pick % model.current.length] as number;
          expect(session.acknowledge(model.packetIds.get(token) as number)).toBe(token);
          model.current = model.current.filter((other) => other !== token);
          model.packetIds.delete(token);
          handed = queue.indexOf(token) < handed ? handed - 1 : handed;
          queue = queue.filter((other) => other !== token);
        } else if (step.kind === 'reconnect') {
          reconnect(session, step.present);
          model.current = [];
          if (!step.present) model.packetIds.clear();
          handed = 0;
        }
        expect(session.inFlight).toBe(model.current.length);
      }
    }),
    { numRuns: 500 },
  );
});
