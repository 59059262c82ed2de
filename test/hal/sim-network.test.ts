import type { Stream, StreamOptions } from '../../hal/contract.js';
import { Scheduler, SimDevice, type SimLink, SimNetwork, type SimPeer, seededRandom } from '../../hal/sim/sim.js';

/** A server that notes what it gets, and one device's link to it. */
function newWorld() {
  const scheduler = new Scheduler();
  const network = new SimNetwork({ scheduler, random: seededRandom(1) });
  const server = { peers: [] as SimPeer[], received: [] as number[][], closed: [] as string[] };
  const listen = () =>
    network.listen('broker', 1883, (peer) => {
      server.peers.push(peer);
      peer.onData = (bytes) => server.received.push([...bytes]);
      peer.onClose = (reason) => server.closed.push(`${scheduler.now}: ${reason}`);
    });
  return { scheduler, network, server, listener: listen(), listen, link: network.link() };
}

/** Connects, reads whatever arrives, and notes the events with their times. */
function open(link: SimLink, options: Partial<StreamOptions> = {}) {
  const { scheduler } = link;
  const events: string[] = [];
  const received: number[][] = [];
  const stream: Stream = new link.TCP({
    host: 'broker',
    port: 1883,
    onReadable: (byteCount) => {
      const buffer = new Uint8Array(byteCount);
      stream.read(buffer);
      received.push([...buffer]);
    },
    onWritable: (byteCount) => events.push(`${scheduler.now}: writable ${byteCount}`),
    onError: (reason) => events.push(`${scheduler.now}: ${reason}`),
    ...options,
  });
  return { stream, events, received };
}

describe('a link', () => {
  it('takes the latency each way', () => {
    const { scheduler, link, server } = newWorld();
    link.latencyMilliseconds = 20;
    const { stream, events, received } = open(link);
    scheduler.runUntil(39);
    expect(events).toEqual([]);
    scheduler.runUntil(40);
    expect(events).toEqual(['40: writable 1460']);
    stream.write(Uint8Array.of(1));
    scheduler.runUntil(59);
    expect(server.received).toEqual([]);
    scheduler.runUntil(60);
    expect(server.received).toEqual([[1]]);
    server.peers[0]?.send(Uint8Array.of(2));
    scheduler.runUntil(80);
    expect(received).toEqual([[2]]);
  });

  it('keeps the order when the latency falls', () => {
    const { scheduler, link, server } = newWorld();
    const { stream } = open(link);
    scheduler.runFor(0);
    link.latencyMilliseconds = 50;
    stream.write(Uint8Array.of(1));
    link.latencyMilliseconds = 1;
    stream.write(Uint8Array.of(2));
    scheduler.runFor(49);
    expect(server.received).toEqual([]);
    scheduler.runFor(1);
    expect(server.received).toEqual([[1], [2]]);
  });

  it('takes time for bytes when its bandwidth is limited', () => {
    const { scheduler, link, server } = newWorld();
    link.bandwidthBytesPerSecond = 1000;
    const { stream } = open(link);
    scheduler.runFor(0);
    stream.write(new Uint8Array(100));
    stream.write(new Uint8Array(50));
    scheduler.runUntil(99);
    expect(server.received).toHaveLength(0);
    scheduler.runUntil(149);
    expect(server.received).toHaveLength(1);
    scheduler.runUntil(150);
    expect(server.received).toHaveLength(2);
  });

  it('makes writes short when its space is small, and announces space as bytes arrive', () => {
    const { scheduler, link } = newWorld();
    link.writeSpaceBytes = 10;
    link.latencyMilliseconds = 5;
    const { stream, events } = open(link);
    scheduler.runUntil(10);
    expect(stream.write(new Uint8Array(4))).toBe(6);
    expect(() => stream.write(new Uint8Array(7))).toThrow(RangeError);
    expect(stream.write(new Uint8Array(6))).toBe(0);
    expect(() => stream.write(new Uint8Array(1))).toThrow(RangeError);
    scheduler.runUntil(15);
    expect(events).toEqual(['10: writable 10', '15: writable 4']);
  });

  it('delivers in pieces, down to every byte on its own', () => {
    const { scheduler, link, server } = newWorld();
    link.fragmentBytes = 1;
    const { stream, received } = open(link);
    scheduler.runFor(0);
    stream.write(Uint8Array.of(1, 2, 3));
    server.peers[0]?.send(Uint8Array.of(4, 5));
    scheduler.runFor(0);
    expect(server.received).toEqual([[1], [2], [3]]);
    expect(received).toEqual([[4], [5]]);
  });

  it('delivers in pieces that do not respect the borders of what was sent', () => {
    const { scheduler, link, server } = newWorld();
    const { received } = open(link);
    scheduler.runFor(0);
    link.fragmentBytes = 10;
    for (let count = 0; count < 100; count++) server.peers[0]?.send(Uint8Array.of(count, count, count));
    scheduler.runFor(0);
    expect(received.flat()).toEqual(Array.from({ length: 300 }, (_, index) => Math.floor(index / 3)));
    const lengths = new Set(received.map(({ length }) => length));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10);
    expect(lengths.size).toBeGreaterThan(5);
  });

  it('makes pieces only of what has arrived', () => {
    const { scheduler, link, server } = newWorld();
    const { received } = open(link);
    scheduler.runFor(0);
    link.fragmentBytes = 100;
    link.latencyMilliseconds = 10;
    server.peers[0]?.send(Uint8Array.of(1));
    scheduler.runFor(5);
    server.peers[0]?.send(new Uint8Array(99));
    scheduler.runFor(5);
    expect(received).toEqual([[1]]);
  });

  it('shows a server nothing of a stream that was closed while it connected', () => {
    const { scheduler, link, server } = newWorld();
    link.latencyMilliseconds = 10;
    const early = open(link);
    early.stream.close();
    const late = open(link);
    scheduler.runFor(15);
    late.stream.close();
    scheduler.runFor(100);
    expect([early.events, late.events]).toEqual([[], []]);
    expect(server.peers).toHaveLength(1);
    expect(server.closed).toEqual(['25: closed by the peer']);
  });

  it('holds everything while it is stalled, and loses nothing', () => {
    const { scheduler, link, server } = newWorld();
    const { stream, events, received } = open(link);
    scheduler.runFor(0);
    link.stalled = true;
    stream.write(Uint8Array.of(1));
    server.peers[0]?.send(Uint8Array.of(2));
    const late = open(link);
    scheduler.runFor(100_000);
    expect([server.received, received, late.events]).toEqual([[], [], []]);
    link.stalled = false;
    scheduler.runFor(0);
    expect([server.received, received]).toEqual([[[1]], [[2]]]);
    expect(late.events).toEqual(['100000: writable 1460']);
    expect(events).toEqual(['0: writable 1460']);
  });

  it('tells both ends of a cut after the latency; what was under way is lost', () => {
    const { scheduler, link, server } = newWorld();
    link.latencyMilliseconds = 10;
    const { stream, events } = open(link);
    scheduler.runUntil(20);
    stream.write(Uint8Array.of(1));
    link.cut();
    scheduler.runFor(100);
    expect(events).toEqual(['20: writable 1460', '30: connection reset']);
    expect(server.closed).toEqual(['30: connection reset']);
    expect(server.received).toEqual([]);
    expect(() => stream.write(Uint8Array.of(1))).toThrow('gone');
    const again = open(link);
    scheduler.runFor(20);
    expect(again.events).toEqual(['140: writable 1460']);
  });

  it('leaves half-open connections behind when it vanishes, and takes new ones', () => {
    const { scheduler, link, server } = newWorld();
    const { stream, events, received } = open(link);
    scheduler.runFor(0);
    link.vanish();
    stream.write(Uint8Array.of(1));
    server.peers[0]?.send(Uint8Array.of(2));
    scheduler.runFor(1_000_000);
    expect([events, received, server.received, server.closed]).toEqual([['0: writable 1460'], [], [], []]);
    stream.close();
    scheduler.runFor(1_000_000);
    expect(server.closed).toEqual([]);
    const again = open(link);
    scheduler.runFor(0);
    expect(again.events).toEqual(['2000000: writable 1460']);
  });

  it('ends the streams when it loses its address; the server hears of it when it sends later', () => {
    const { scheduler, link, server } = newWorld();
    const changes: boolean[] = [];
    link.watch(() => changes.push(link.connected));
    const { events } = open(link);
    scheduler.runFor(1);
    link.setConnected(false);
    expect(events).toHaveLength(1);
    const during = open(link);
    scheduler.runFor(1);
    expect(events).toEqual(['0: writable 1460', '1: the network is down']);
    expect(during.events).toEqual(['1: the network is down']);
    server.peers[0]?.send(Uint8Array.of(1));
    scheduler.runFor(1);
    expect(server.closed).toEqual([]);
    link.setConnected(true);
    server.peers[0]?.send(Uint8Array.of(1));
    scheduler.runFor(1);
    expect(server.closed).toEqual(['3: connection reset by the peer']);
    expect(changes).toEqual([false, true]);
  });

  it('does not touch the connections of another link', () => {
    const { scheduler, network, link, server } = newWorld();
    const other = open(network.link());
    scheduler.runFor(0);
    link.cut();
    link.vanish();
    link.setConnected(false);
    other.stream.write(Uint8Array.of(1));
    scheduler.runFor(0);
    expect(other.events).toEqual(['0: writable 1460']);
    expect(server.received).toEqual([[1]]);
  });
});

describe('a server', () => {
  it('refuses when it does not listen, and resets what is live when it closes', () => {
    const { scheduler, link, listener, listen } = newWorld();
    const { events } = open(link);
    scheduler.runFor(1);
    listener.close();
    const refused = open(link);
    scheduler.runFor(1);
    expect(events).toEqual(['0: writable 1460', '1: connection reset by the peer']);
    expect(refused.events).toEqual(['1: connection refused']);
    listen();
    const again = open(link);
    scheduler.runFor(1);
    expect(again.events).toEqual(['2: writable 1460']);
  });

  it('has an address of its own', () => {
    const { listen } = newWorld();
    expect(listen).toThrow('broker:1883 is in use');
  });

  it('hears that the device has closed, after all that it sent', () => {
    const { scheduler, link, server } = newWorld();
    const { stream, events } = open(link);
    scheduler.runFor(0);
    stream.write(Uint8Array.of(1));
    stream.close();
    scheduler.runFor(0);
    expect(server.received).toEqual([[1]]);
    expect(server.closed).toEqual(['0: closed by the peer']);
    server.peers[0]?.send(Uint8Array.of(1));
    scheduler.runFor(0);
    expect(events).toEqual(['0: writable 1460']);
    expect(server.closed).toHaveLength(1);
  });

  it('loses what is under way by a reset, and not by a close', () => {
    const { scheduler, link, server } = newWorld();
    const closed = open(link);
    const reset = open(link);
    scheduler.runFor(0);
    for (const peer of server.peers) peer.send(Uint8Array.of(1));
    server.peers[0]?.close();
    server.peers[1]?.reset();
    scheduler.runFor(0);
    expect([closed.received, closed.events.at(-1)]).toEqual([[[1]], '0: closed by the peer']);
    expect([reset.received, reset.events.at(-1)]).toEqual([[], '0: connection reset by the peer']);
    expect(server.closed).toEqual([]);
  });
});

describe('a device', () => {
  const newDevice = () => {
    const world = newWorld();
    const device = new SimDevice({ scheduler: world.scheduler, link: world.link, seed: 1, epochMilliseconds: 1e12 });
    return { ...world, device };
  };

  it('keeps flash and key-value storage over a reboot; its clock begins again', () => {
    const { scheduler, device } = newDevice();
    const first = device.hal;
    first.flash.write(Uint8Array.of(1), 0);
    first.keyValue.write('boot', '1');
    scheduler.runFor(500);
    const second = device.reboot('watchdog');
    expect(second.clock.milliseconds()).toBe(0);
    expect(second.clock.wallMilliseconds()).toBe(1e12 + 500);
    expect(second.system.resetReason).toBe('watchdog');
    expect(second.system.hardwareId).toBe(first.system.hardwareId);
    expect(second.keyValue.read('boot')).toBe('1');
    const buffer = new Uint8Array(1);
    second.flash.read(buffer, 0);
    expect([...buffer]).toEqual([1]);
  });

  it('is dead as a whole when its flash is cut, until it reboots', () => {
    const { scheduler, device, link, server } = newDevice();
    const { hal } = device;
    let downs = 0;
    device.onPowerDown = () => {
      downs += 1;
    };
    const before = open(link);
    scheduler.runFor(1);
    let fired = false;
    hal.clock.setTimer(() => {
      fired = true;
    }, 5);
    device.flash.cutAfter(0, { kind: 'any' });
    expect(() => hal.flash.write(Uint8Array.of(1), 0)).toThrow('power cut');
    expect(() => hal.keyValue.write('key', 'x')).toThrow('power cut');
    const after = open(link);
    scheduler.runFor(100);
    expect([fired, downs, before.events.length, after.events, server.closed]).toEqual([false, 1, 1, [], []]);

    device.reboot('brown-out');
    server.peers[0]?.send(Uint8Array.of(1));
    const again = open(link);
    scheduler.runFor(0);
    expect(again.events).toEqual(['101: writable 1460']);
    expect(server.closed).toEqual(['101: connection reset by the peer']);
    expect(downs).toBe(1);
  });

  it('can lose its power between two operations', () => {
    const { device } = newDevice();
    const { flash } = device.hal;
    device.powerDown();
    expect(() => flash.read(new Uint8Array(1), 0)).toThrow('power cut');
    device.reboot();
    flash.read(new Uint8Array(1), 0);
  });

  it('is not told of its network when it has no power', () => {
    const { scheduler, device, link } = newDevice();
    let told = 0;
    const watch = () => {
      device.hal.network.watch(() => {
        told += 1;
      });
    };
    watch();
    device.powerDown();
    link.setConnected(false);
    scheduler.runFor(1);
    device.reboot();
    watch();
    link.setConnected(true);
    device.powerDown();
    scheduler.runFor(1);
    expect(told).toBe(0);
  });
});
