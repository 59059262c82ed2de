// xs/try.tmp.ts
import { mkdtempSync as mkdtempSync2 } from "node:fs";

// hal/sim/random.ts
function seededRandom(seed) {
  let state = seed | 0;
  return () => {
    state = state + 1831565813 | 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
  };
}
function integerBelow(random, limit) {
  return Math.floor(random() * limit);
}

// hal/sim/pipe.ts
var Pipe = class {
  #link;
  #deliver;
  #parcels = [];
  #timer;
  /** When the last byte sent so far has left the sender, in fractions of a millisecond. */
  #sentTime = 0;
  #broken = false;
  constructor(link2, deliver) {
    this.#link = link2;
    this.#deliver = deliver;
  }
  send(bytes) {
    if (this.#broken || bytes.length === 0) return;
    this.#parcels.push({ due: this.#due(bytes.length), bytes: bytes.slice() });
    this.resume();
  }
  signal(signal) {
    if (this.#broken) return;
    this.#parcels.push({ due: this.#due(0), signal });
    this.resume();
  }
  /** Goes on delivering; to be called when the link is no longer stalled. */
  resume() {
    const first = this.#parcels[0];
    const { scheduler: scheduler2, stalled } = this.#link;
    if (first === void 0 || this.#timer !== void 0 || stalled) return;
    this.#timer = scheduler2.at(Math.max(first.due, scheduler2.now), () => this.#deliverFirst());
  }
  /** Loses all that is under way. */
  clear() {
    this.#parcels = [];
    if (this.#timer !== void 0) this.#link.scheduler.clear(this.#timer);
    this.#timer = void 0;
  }
  /** Loses all that is under way and all that will be sent. */
  break() {
    this.#broken = true;
    this.clear();
  }
  #due(byteCount) {
    const { scheduler: scheduler2, latencyMilliseconds, bandwidthBytesPerSecond } = this.#link;
    this.#sentTime = Math.max(this.#sentTime, scheduler2.now);
    if (bandwidthBytesPerSecond !== void 0) this.#sentTime += byteCount * 1e3 / bandwidthBytesPerSecond;
    return Math.ceil(this.#sentTime) + latencyMilliseconds;
  }
  #deliverFirst() {
    this.#timer = void 0;
    const parcel = this.#parcels[0];
    if (parcel === void 0 || this.#link.stalled) return;
    if ("signal" in parcel) {
      this.#parcels.shift();
      this.resume();
      parcel.signal();
      return;
    }
    const { fragmentBytes, random } = this.#link;
    const piece = fragmentBytes === void 0 ? this.#take(parcel.bytes.length) : this.#take(1 + integerBelow(random, this.#arrivedBytes(fragmentBytes)));
    this.resume();
    this.#deliver(piece);
  }
  /** Bytes at the front whose time has come, counted up to `limit`. */
  #arrivedBytes(limit) {
    let count = 0;
    for (const parcel of this.#parcels) {
      if (count >= limit || "signal" in parcel || parcel.due > this.#link.scheduler.now) break;
      count += parcel.bytes.length;
    }
    return Math.min(count, limit);
  }
  /** Removes `byteCount` bytes from the front, out of as many parcels as it takes. */
  #take(byteCount) {
    const taken2 = new Uint8Array(byteCount);
    for (let count = 0; count < byteCount; ) {
      const parcel = this.#parcels[0];
      if (parcel === void 0 || "signal" in parcel) throw new Error("bytes were taken that are not there");
      const part = parcel.bytes.subarray(0, byteCount - count);
      taken2.set(part, count);
      count += part.length;
      if (part.length === parcel.bytes.length) this.#parcels.shift();
      else parcel.bytes = parcel.bytes.subarray(part.length);
    }
    return taken2;
  }
};

// hal/sim/connection.ts
var Connection = class {
  toPeer;
  toStream;
  stream;
  peer;
  constructor(link2, stream) {
    this.stream = stream;
    this.toPeer = new Pipe(link2, (bytes) => {
      stream.delivered(bytes.length);
      this.peer?.received(bytes);
    });
    this.toStream = new Pipe(link2, (bytes) => {
      if (stream.live) stream.received(bytes);
      else if (link2.connected) this.toPeer.signal(() => this.peer?.failed("connection reset by the peer"));
    });
  }
  /** Neither end is in use: nothing more can happen. */
  get ended() {
    return !this.stream.live && (this.peer === void 0 || !this.peer.live);
  }
  /** From now on nothing gets through, and neither end hears of it. */
  break() {
    this.toPeer.break();
    this.toStream.break();
  }
};
var SimStream = class {
  #link;
  #options;
  #connection;
  #state = "connecting";
  #unread = [];
  #unreadBytes = 0;
  /** Written, and not yet delivered to the peer. */
  #underWayBytes = 0;
  /** Space that the user was told of and has not used. */
  #announcedBytes = 0;
  constructor(link2, options) {
    if (options.host === "") throw new TypeError("a stream needs the host to connect to");
    if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65535) {
      throw new RangeError(`a port is a whole number from 1 to 65535, not ${options.port}`);
    }
    this.#link = link2;
    this.#options = options;
    this.#connection = new Connection(link2, this);
  }
  get connection() {
    return this.#connection;
  }
  /** Connecting or connected. */
  get live() {
    return this.#state === "connecting" || this.#state === "open";
  }
  read(buffer) {
    if (!this.live) throw new Error("the stream is gone");
    let count = 0;
    while (count < buffer.length) {
      const first = this.#unread[0];
      if (first === void 0) break;
      const piece = first.subarray(0, buffer.length - count);
      buffer.set(piece, count);
      count += piece.length;
      if (piece.length === first.length) this.#unread.shift();
      else this.#unread[0] = first.subarray(piece.length);
    }
    this.#unreadBytes -= count;
    return count === 0 ? void 0 : count;
  }
  write(buffer) {
    if (this.#state === "connecting") throw new Error("the stream is not connected yet");
    if (!this.live) throw new Error("the stream is gone");
    if (buffer.length > this.#announcedBytes) {
      throw new RangeError(`${buffer.length} bytes cannot be written, there is space for ${this.#announcedBytes}`);
    }
    this.#underWayBytes += buffer.length;
    this.#connection.toPeer.send(buffer);
    this.#announcedBytes = this.#space();
    return this.#announcedBytes;
  }
  close() {
    if (this.live) {
      const { peer, toPeer } = this.#connection;
      if (peer === void 0) toPeer.clear();
      else toPeer.signal(() => peer.failed("closed by the peer"));
      this.#connection.toStream.clear();
    }
    this.#state = "closed";
    this.#unread = [];
  }
  /** Power is gone: the stream falls silent on both sides. */
  abandon() {
    this.#state = "closed";
    this.#connection.toStream.clear();
  }
  opened() {
    if (this.#state !== "connecting") return;
    this.#state = "open";
    this.#announcedBytes = this.#space();
    this.#options.onWritable(this.#announcedBytes);
  }
  received(bytes) {
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    this.#options.onReadable(this.#unreadBytes);
  }
  delivered(byteCount) {
    this.#underWayBytes -= byteCount;
    if (this.#state !== "open" || this.#announcedBytes > 0) return;
    this.#announcedBytes = this.#space();
    if (this.#announcedBytes > 0) this.#options.onWritable(this.#announcedBytes);
  }
  failed(reason) {
    if (!this.live) return;
    this.#state = "gone";
    this.#unread = [];
    this.#connection.toStream.clear();
    this.#options.onError(reason);
  }
  #space() {
    return Math.max(0, this.#link.writeSpaceBytes - this.#underWayBytes);
  }
};
var SimPeer = class {
  /** Takes what arrived; without it, bytes are read and thrown away. Set it when the peer is handed out. */
  onData;
  /** The connection is gone. Called once at most, and not after `close()` or `reset()`. */
  onClose;
  #connection;
  #live = true;
  constructor(connection) {
    this.#connection = connection;
  }
  get live() {
    return this.#live;
  }
  /** Sends `bytes`, of any number; nothing happens when the connection is gone. */
  send(bytes) {
    if (this.#live) this.#connection.toStream.send(bytes);
  }
  /** Closes after what was sent has arrived. */
  close() {
    if (!this.#live) return;
    this.#live = false;
    this.#connection.toStream.signal(() => this.#connection.stream.failed("closed by the peer"));
  }
  /** Closes at once; what was sent and has not arrived is lost. */
  reset() {
    if (!this.#live) return;
    this.#live = false;
    this.#connection.toStream.clear();
    this.#connection.toStream.signal(() => this.#connection.stream.failed("connection reset by the peer"));
  }
  received(bytes) {
    if (this.#live) this.onData?.(bytes);
  }
  failed(reason) {
    if (!this.#live) return;
    this.#live = false;
    this.onClose?.(reason);
  }
};

// hal/sim/network.ts
var SimNetwork = class {
  scheduler;
  random;
  #listeners = /* @__PURE__ */ new Map();
  constructor({ scheduler: scheduler2, random }) {
    this.scheduler = scheduler2;
    this.random = random;
  }
  /** A server at `host` and `port` until the listener is closed. Throws an Error when the address is taken. */
  listen(host, port, onConnection) {
    const address = `${host}:${port}`;
    if (this.#listeners.has(address)) throw new Error(`${address} is in use`);
    const listener = new SimListener(onConnection, () => this.#listeners.delete(address));
    this.#listeners.set(address, listener);
    return listener;
  }
  /** A new device's way into the network. */
  link() {
    return new SimLink(this, (host, port) => this.#listeners.get(`${host}:${port}`));
  }
};
var SimListener = class {
  #onConnection;
  #onClosed;
  #peers = [];
  constructor(onConnection, onClosed) {
    this.#onConnection = onConnection;
    this.#onClosed = onClosed;
  }
  accept(peer) {
    this.#peers = this.#peers.filter(({ live }) => live);
    this.#peers.push(peer);
    this.#onConnection(peer);
  }
  /** Resets every live connection and frees the address. */
  close() {
    this.#onClosed();
    for (const peer of this.#peers) peer.reset();
    this.#peers = [];
  }
};
var SimLink = class {
  scheduler;
  random;
  TCP;
  /** The same as TCP: a simulated peer is always the one it says. */
  TLS;
  /** One way; a round trip takes twice as long. */
  latencyMilliseconds = 0;
  /** In each direction of each connection. No limit while undefined. */
  bandwidthBytesPerSecond;
  /** Bytes that a stream takes before the peer has received some of them: small means short writes. At least 1. */
  writeSpaceBytes = 1460;
  /**
   * Bytes arrive in pieces of random sizes up to this, whatever the sizes they were sent in; 1 delivers every byte on
   * its own. Undefined: as they were sent.
   */
  fragmentBytes;
  #find;
  #connections = [];
  #connected = true;
  #stalled = false;
  #powered = true;
  #onChanged;
  constructor({ scheduler: scheduler2, random }, find) {
    this.scheduler = scheduler2;
    this.random = random;
    this.#find = find;
    const connect = (stream, options) => this.#connect(stream, options);
    const link2 = this;
    this.TCP = class extends SimStream {
      constructor(options) {
        super(link2, options);
        connect(this, options);
      }
    };
    this.TLS = this.TCP;
  }
  get connected() {
    return this.#connected;
  }
  watch(onChanged) {
    this.#onChanged = onChanged;
  }
  /** Whether the device holds an address. Losing it ends every stream with `onError`; the servers hear nothing. */
  setConnected(connected) {
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (!connected) this.#failStreams();
    const onChanged = this.#onChanged;
    this.scheduler.at(this.scheduler.now, () => {
      if (onChanged === this.#onChanged) onChanged?.();
    });
  }
  get stalled() {
    return this.#stalled;
  }
  /** Holds everything under way, handshakes too, and loses nothing: the peer seems half dead. */
  set stalled(stalled) {
    this.#stalled = stalled;
    for (const { toPeer, toStream } of this.#connections) {
      toPeer.resume();
      toStream.resume();
    }
  }
  /** Resets every connection: both ends hear of it after the latency, what was under way is lost. */
  cut() {
    for (const connection of this.#connections) {
      connection.break();
      this.scheduler.at(this.scheduler.now + this.latencyMilliseconds, () => {
        connection.stream.failed("connection reset");
        connection.peer?.failed("connection reset");
      });
    }
  }
  /** Every connection goes half-open: packets disappear, and neither end hears of it. New connections work. */
  vanish() {
    for (const connection of this.#connections) connection.break();
  }
  /** The device loses power: its streams fall silent, and a server that sends to them later is told by a reset. */
  powerDown() {
    this.#powered = false;
    this.#onChanged = void 0;
    for (const { stream } of this.#connections) stream.abandon();
  }
  powerUp() {
    this.#powered = true;
  }
  #connect(stream, { host, port }) {
    if (!this.#powered) {
      stream.abandon();
      return;
    }
    if (!this.#connected) {
      this.scheduler.at(this.scheduler.now, () => stream.failed("the network is down"));
      return;
    }
    const { connection } = stream;
    this.#connections = this.#connections.filter(({ ended }) => !ended);
    this.#connections.push(connection);
    connection.toPeer.signal(() => {
      const listener = this.#find(host, port);
      if (listener === void 0) {
        connection.toStream.signal(() => stream.failed("connection refused"));
        return;
      }
      const peer = new SimPeer(connection);
      connection.peer = peer;
      connection.toStream.signal(() => stream.opened());
      listener.accept(peer);
    });
  }
  #failStreams() {
    for (const { stream, toStream } of this.#connections) {
      toStream.clear();
      this.scheduler.at(this.scheduler.now, () => stream.failed("the network is down"));
    }
  }
};

// hal/sim/scheduler.ts
var CALLBACKS_PER_INSTANT_MAX = 1e6;
var Scheduler = class {
  /** Binary heap: entry i is not later than its children 2i + 1 and 2i + 2. */
  #heap = [];
  #now = 0;
  #order = 0;
  #ranAtThisInstant = 0;
  /** Virtual time in whole milliseconds; 0 at the beginning. */
  get now() {
    return this.#now;
  }
  /** Callbacks that are due now or later. */
  get pending() {
    return this.#heap.length;
  }
  /** Calls `callback` when time has come to `time`, which is whole and not in the past. */
  at(time, callback) {
    if (!Number.isSafeInteger(time) || time < this.#now) {
      throw new RangeError(`a callback cannot be due at ${time}, it is ${this.#now} now`);
    }
    const entry = { time, order: this.#order++, callback, index: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }
  /** A cleared callback never runs. Harmless when it ran already or was cleared before. */
  clear(entry) {
    if (this.#heap[entry.index] === entry) this.#remove(entry);
  }
  /** Runs the next due callback, whenever it is due; false when there is none. */
  step() {
    const next = this.#heap[0];
    if (next === void 0) return false;
    this.#remove(next);
    if (next.time > this.#now) {
      this.#now = next.time;
      this.#ranAtThisInstant = 0;
    }
    this.#ranAtThisInstant += 1;
    if (this.#ranAtThisInstant > CALLBACKS_PER_INSTANT_MAX) {
      throw new Error(`endless loop: over ${CALLBACKS_PER_INSTANT_MAX} callbacks ran at ${this.#now}`);
    }
    next.callback();
    return true;
  }
  /** Runs all that is due up to and at `time`; it is `time` afterwards. */
  runUntil(time) {
    if (!Number.isSafeInteger(time) || time < this.#now) {
      throw new RangeError(`time cannot be run to ${time}, it is ${this.#now} now`);
    }
    for (let next = this.#heap[0]; next !== void 0 && next.time <= time; next = this.#heap[0]) this.step();
    if (time > this.#now) {
      this.#now = time;
      this.#ranAtThisInstant = 0;
    }
  }
  runFor(milliseconds) {
    this.runUntil(this.#now + milliseconds);
  }
  #remove(entry) {
    const last = this.#heap.pop();
    if (last !== void 0 && last !== entry) {
      this.#place(last, entry.index);
      this.#rise(last);
      this.#sink(last);
    }
    entry.index = -1;
  }
  #rise(entry) {
    while (entry.index > 0) {
      const place = entry.index;
      const parent = this.#heap[place - 1 >> 1];
      if (parent === void 0 || isBefore(parent, entry)) return;
      this.#place(entry, parent.index);
      this.#place(parent, place);
    }
  }
  #sink(entry) {
    while (true) {
      const place = entry.index;
      let child = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      if (child !== void 0 && right !== void 0 && isBefore(right, child)) child = right;
      if (child === void 0 || isBefore(entry, child)) return;
      this.#place(entry, child.index);
      this.#place(child, place);
    }
  }
  #place(entry, index) {
    this.#heap[index] = entry;
    entry.index = index;
  }
};
function isBefore(one, other) {
  return one.time < other.time || one.time === other.time && one.order < other.order;
}

// sim/world/broker.ts
import { generate, parser } from "mqtt-packet";

// src/mqtt/topic.ts
function topicMatches(filter, topic) {
  if (topic.startsWith("$") && (filter.startsWith("#") || filter.startsWith("+"))) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (let index = 0; index < wanted.length; index++) {
    const level = wanted[index];
    if (level === "#") return true;
    if (index >= levels.length || level !== "+" && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}

// sim/world/broker-session.ts
var PACKET_ID_MAX = 65535;
var BrokerSession = class {
  clean;
  #subscriptions = /* @__PURE__ */ new Map();
  /** QoS 1 messages not yet acknowledged, oldest first. */
  #owed = [];
  #lastPacketId = 0;
  #send;
  constructor(clean) {
    this.clean = clean;
  }
  /** Topic filters, in the order they were subscribed to. */
  get filters() {
    return [...this.#subscriptions.keys()];
  }
  /** Messages not yet acknowledged by the client. */
  get owed() {
    return this.#owed.length;
  }
  /** [MQTT-4.4.0-1] What was not acknowledged is sent again, in order. */
  connected(send) {
    this.#send = send;
    for (const owed of this.#owed) this.#deliver(owed);
  }
  disconnected() {
    this.#send = void 0;
  }
  /** Gives the QoS granted. */
  subscribe({ topic, qos }) {
    const granted = qos === 0 ? 0 : 1;
    this.#subscriptions.set(topic, granted);
    return granted;
  }
  unsubscribe(filter) {
    this.#subscriptions.delete(filter);
  }
  /** Sends or keeps a message, once, if a subscription matches it [MQTT-3.3.5-1]. */
  route(message2) {
    const granted = [...this.#subscriptions].filter(([filter]) => topicMatches(filter, message2.topic));
    if (granted.length === 0) return;
    const qosMax = Math.max(...granted.map(([, qos]) => qos));
    this.give({ ...message2, qos: message2.qos === 1 && qosMax === 1 ? 1 : 0 });
  }
  /** Sends or keeps a message that is for this client. */
  give(message2) {
    if (message2.qos === 1) {
      const owed = { ...message2, packetId: this.#unusedPacketId(), sent: false };
      this.#owed.push(owed);
      this.#deliver(owed);
    } else {
      this.#send?.({ cmd: "publish", ...message2, payload: Buffer.from(message2.payload), dup: false });
    }
  }
  /** PUBACK. Gives a violation, if it is one. */
  acknowledged(packetId) {
    const index = this.#owed.findIndex((owed) => owed.packetId === packetId);
    if (index < 0) return `[MQTT-4.3.2-2] PUBACK for packet identifier ${packetId}, which nothing has`;
    this.#owed = this.#owed.filter((owed) => owed.packetId !== packetId);
    return index > 0 ? `[MQTT-4.6.0-2] PUBACK for packet identifier ${packetId} out of order` : void 0;
  }
  #deliver(owed) {
    if (this.#send === void 0) return;
    const { packetId, payload, qos, retain, topic } = owed;
    const dup = owed.sent;
    owed.sent = true;
    this.#send({ cmd: "publish", topic, payload: Buffer.from(payload), qos, retain, messageId: packetId, dup });
  }
  #unusedPacketId() {
    do {
      this.#lastPacketId = this.#lastPacketId % PACKET_ID_MAX + 1;
    } while (this.#owed.some(({ packetId }) => packetId === this.#lastPacketId));
    return this.#lastPacketId;
  }
};

// sim/world/broker-store.ts
var BrokerStore = class {
  #sessions = /* @__PURE__ */ new Map();
  #retained = /* @__PURE__ */ new Map();
  session(clientId) {
    return this.#sessions.get(clientId);
  }
  retained(topic) {
    return this.#retained.get(topic)?.payload;
  }
  /** The session for a new connection: the stored one, unless a clean one is wanted [MQTT-3.1.2-4] [MQTT-3.1.2-6]. */
  begin(clientId, clean) {
    const stored = clean ? void 0 : this.#sessions.get(clientId);
    const session = stored ?? new BrokerSession(clean);
    this.#sessions.set(clientId, session);
    return { session, sessionPresent: stored !== void 0 };
  }
  /** The connection of a session has ended. */
  end(clientId, session) {
    session.disconnected();
    if (session.clean) this.#sessions.delete(clientId);
  }
  route(message2) {
    if (message2.retain) {
      if (message2.payload.length === 0) this.#retained.delete(message2.topic);
      else this.#retained.set(message2.topic, message2);
    }
    for (const session of this.#sessions.values()) session.route({ ...message2, retain: false });
  }
  /** [MQTT-3.3.1-6] [MQTT-3.3.1-8] */
  giveRetained(session, filter, granted) {
    for (const message2 of this.#retained.values()) {
      if (topicMatches(filter, message2.topic)) session.give({ ...message2, qos: message2.qos === 1 ? granted : 0 });
    }
  }
};

// sim/world/client-rules.ts
var REMEMBERED_MAX = 4096;
var ClientRules = class {
  #report;
  #identify;
  #remembered = /* @__PURE__ */ new Map();
  #seen = 0;
  #connections = 0;
  #sessionPresent = false;
  /** Packet identifiers that the client must not use for something else, and for what it uses them. */
  #inFlight = /* @__PURE__ */ new Map();
  /** `order` of the last redelivery on this connection. */
  #lastRedelivered = -1;
  #inFlightMax = 0;
  constructor(report, identify) {
    this.#report = report;
    this.#identify = identify;
  }
  /** The most QoS 1 messages that were unacknowledged at the same time. */
  get inFlightMax() {
    return this.#inFlightMax;
  }
  connected(sessionPresent) {
    this.#connections++;
    this.#sessionPresent = sessionPresent;
    this.#inFlight.clear();
    this.#lastRedelivered = -1;
  }
  published(packet) {
    const { dup, packetId, qos, topic } = packet;
    if (/[+#]/.test(topic)) this.#report(`[MQTT-3.3.2-2] topic ${topic} has a wildcard`);
    if (topic === "") this.#report("[MQTT-4.7.3-1] the topic is empty");
    if (qos === 0) {
      if (dup) this.#report(`[MQTT-3.3.1-2] QoS 0 to ${topic} has DUP`);
      return;
    }
    this.#takeIdentifier(packetId, "PUBLISH");
    this.#inFlightMax = Math.max(this.#inFlightMax, this.#inFlight.size);
    const identity = this.#identify(topic, packet.payload);
    if (identity === void 0) return;
    const before = this.#remembered.get(identity);
    if (before === void 0) this.#firstTime(identity, packet);
    else this.#again(before, packet);
  }
  /** The broker has acknowledged it. */
  acknowledged(packetId) {
    this.#inFlight.delete(packetId);
  }
  requested(packet) {
    this.#takeIdentifier(packet.messageId ?? 0, packet.cmd.toUpperCase());
  }
  #firstTime(identity, { dup, packetId, topic }) {
    if (dup && this.#connections === 1) {
      this.#report(`[MQTT-4.3.2-1] ${topic}, packet identifier ${packetId}, has DUP though it was never sent before`);
    }
    this.#remembered.set(identity, { order: this.#seen++, packetId });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > REMEMBERED_MAX && oldest !== void 0) this.#remembered.delete(oldest);
  }
  #again(before, { dup, packetId, topic }) {
    const what = `${topic}, packet identifier ${packetId},`;
    if (!dup) this.#report(`[MQTT-3.3.1-1] ${what} was sent before and has no DUP`);
    if (this.#sessionPresent && packetId !== before.packetId) {
      this.#report(`[MQTT-2.3.1-3] ${what} had packet identifier ${before.packetId} in this session`);
    }
    if (before.order <= this.#lastRedelivered) {
      this.#report(`[MQTT-4.6.0-1] ${what} is not sent again in the original order`);
    }
    this.#lastRedelivered = Math.max(this.#lastRedelivered, before.order);
    before.packetId = packetId;
  }
  #takeIdentifier(packetId, what) {
    if (packetId === 0) this.#report(`[MQTT-2.3.1-1] ${what} has packet identifier 0`);
    const user = this.#inFlight.get(packetId);
    if (user !== void 0) {
      this.#report(`[MQTT-2.3.1-2] ${what} has packet identifier ${packetId}, which a ${user} has on this connection`);
    }
    this.#inFlight.set(packetId, what);
  }
};

// sim/world/broker.ts
var REFUSED_IDENTIFIER = 2;
var SUBSCRIPTION_REFUSED = 128;
var CheckingBroker = class {
  /** What clients did that they must not do, in words that begin with the statement. */
  violations = [];
  received = [];
  /** Clients that were silent for one and a half times their keep-alive, and were cut off [MQTT-3.1.2-24]. */
  keepAliveExpiries = [];
  /** CONNECT packets that arrived, refused ones included. */
  connects = [];
  /** Clients that took leave with DISCONNECT. */
  disconnects = [];
  /** Half dead: connections are accepted and read, and never answered, until they are closed by the client. */
  silent = false;
  /** Connections are closed as soon as CONNACK has accepted them. */
  kickAfterConnack = false;
  /** SUBSCRIBE is answered with "failure" for each filter. */
  refuseSubscriptions = false;
  #network;
  #random;
  #host;
  #port;
  #identify;
  #clients = /* @__PURE__ */ new Map();
  #connected = /* @__PURE__ */ new Map();
  #store = new BrokerStore();
  #listener;
  #refuseCode = 0;
  #dropPubacks = 0;
  #assigned = 0;
  /** Starts at once. */
  constructor(options) {
    this.#network = options.network;
    this.#random = options.network.random;
    this.#host = options.host ?? "broker";
    this.#port = options.port ?? 1883;
    this.#identify = options.identify ?? ((topic, payload) => `${topic} ${Buffer.from(payload).toString("latin1")}`);
    this.start();
  }
  /** Client identifiers that are connected now. */
  get connectedClients() {
    return [...this.#connected.keys()];
  }
  /** The retained message of a topic. */
  retained(topic) {
    return this.#store.retained(topic);
  }
  /** What is remembered of a client; undefined when nothing is. */
  session(clientId) {
    return this.#store.session(clientId);
  }
  /** The most QoS 1 messages of a client that were unacknowledged at the same time. */
  inFlightMax(clientId) {
    return this.#clients.get(clientId)?.rules.inFlightMax ?? 0;
  }
  /** Drops the next `count` PUBACKs (Infinity: all); below 1, that fraction of them, at random. 0: none any more. */
  dropPubacks(count) {
    this.#dropPubacks = count;
  }
  /** Answers CONNECT with this return code from now on; 0 accepts again. */
  refuse(code) {
    this.#refuseCode = code;
  }
  /** Publishes as if another client had done so. */
  publish(topic, payload, { qos = 0, retain = false } = {}) {
    this.#store.route({ topic, payload, qos, retain });
  }
  /** Sends any bytes to a client, right or wrong. */
  sendRaw(clientId, bytes) {
    this.#connected.get(clientId)?.peer.send(bytes);
  }
  /** Closes a client's connection, which publishes its will. */
  kick(clientId) {
    const connected = this.#connected.get(clientId);
    connected?.peer.close();
    if (connected !== void 0) this.#gone(connected);
  }
  start() {
    this.#listener ??= this.#network.listen(this.#host, this.#port, (peer) => this.#accept(peer));
  }
  /** Resets all connections, publishing no wills, and refuses new ones. Sessions and retained messages are kept. */
  stop() {
    for (const connected of this.#connected.values()) {
      connected.will = void 0;
      this.#gone(connected);
    }
    this.#listener?.close();
    this.#listener = void 0;
  }
  /** Stops and starts at once, from what it had written to disk: everything, or nothing. */
  restart({ loseSessions }) {
    this.stop();
    if (loseSessions) this.#store = new BrokerStore();
    this.start();
  }
  #accept(peer) {
    const reader = parser({ protocolVersion: 4 });
    let connected;
    let hasLeft = false;
    let isDeaf = false;
    reader.on("error", (error) => {
      this.violations.push(`[MQTT-4.8.0-1] malformed packet: ${error.message}`);
      peer.close();
      if (connected !== void 0) this.#gone(connected);
    });
    reader.on("packet", (packet) => {
      if (!peer.live) return;
      if (hasLeft) this.violations.push(`[MQTT-3.14.4-2] ${packet.cmd} after DISCONNECT`);
      else if (connected === void 0) connected = this.#firstPacket(packet, peer);
      else this.#take(packet, connected);
      hasLeft ||= packet.cmd === "disconnect";
    });
    peer.onData = (bytes) => {
      isDeaf ||= this.silent;
      if (!isDeaf) reader.parse(Buffer.from(bytes));
    };
    peer.onClose = () => {
      if (connected !== void 0) this.#gone(connected);
    };
  }
  #firstPacket(packet, peer) {
    if (packet.cmd !== "connect") {
      this.violations.push(`[MQTT-3.1.0-1] the first packet is ${packet.cmd}`);
      peer.close();
      return void 0;
    }
    this.connects.push({ packet, timeMilliseconds: this.#network.scheduler.now });
    if (packet.protocolId !== "MQTT" || packet.protocolVersion !== 4) {
      this.violations.push(`[MQTT-3.1.2-2] protocol ${packet.protocolId} ${packet.protocolVersion}, expected MQTT 4`);
    }
    const nameless = packet.clientId === "" && !packet.clean;
    if (nameless) this.violations.push("[MQTT-3.1.3-7] no client identifier, and no clean session");
    const code = nameless ? REFUSED_IDENTIFIER : this.#refuseCode;
    if (code !== 0) {
      this.#send(peer, { cmd: "connack", returnCode: code, sessionPresent: false });
      peer.close();
      return void 0;
    }
    return this.#welcome(packet, peer);
  }
  #welcome(packet, peer) {
    const clientId = packet.clientId === "" ? `assigned-${++this.#assigned}` : packet.clientId;
    this.kick(clientId);
    const { session, sessionPresent } = this.#store.begin(clientId, packet.clean ?? false);
    const client = this.#client(clientId);
    client.connections++;
    client.rules.connected(sessionPresent);
    const connected = {
      clientId,
      client,
      session,
      peer,
      // [MQTT-3.1.2-24]
      keepAliveMilliseconds: (packet.keepalive ?? 0) * 1500,
      will: packet.will === void 0 ? void 0 : willOf(packet.will),
      keepAliveTimer: void 0
    };
    this.#connected.set(clientId, connected);
    this.#watch(connected);
    this.#send(peer, { cmd: "connack", returnCode: 0, sessionPresent });
    if (this.kickAfterConnack) this.kick(clientId);
    else session.connected((publish) => this.#send(peer, publish));
    return connected;
  }
  #client(clientId) {
    let client = this.#clients.get(clientId);
    if (client === void 0) {
      const report = (violation) => this.violations.push(`${violation} (client ${clientId})`);
      client = { rules: new ClientRules(report, this.#identify), connections: 0 };
      this.#clients.set(clientId, client);
    }
    return client;
  }
  #take(packet, connected) {
    const { client, clientId, peer, session } = connected;
    this.#watch(connected);
    switch (packet.cmd) {
      case "publish":
        this.#takePublish(packet, connected);
        return;
      case "puback": {
        const violation = session.acknowledged(packet.messageId ?? 0);
        if (violation !== void 0) this.violations.push(`${violation} (client ${clientId})`);
        return;
      }
      case "subscribe": {
        client.rules.requested(packet);
        const granted = packet.subscriptions.map(
          (subscription) => this.refuseSubscriptions ? SUBSCRIPTION_REFUSED : session.subscribe(subscription)
        );
        this.#send(peer, { cmd: "suback", messageId: packet.messageId ?? 0, granted });
        client.rules.acknowledged(packet.messageId ?? 0);
        if (this.refuseSubscriptions) return;
        for (const { topic, qos } of packet.subscriptions) this.#store.giveRetained(session, topic, qos === 0 ? 0 : 1);
        return;
      }
      case "unsubscribe":
        client.rules.requested(packet);
        for (const filter of packet.unsubscriptions) session.unsubscribe(filter);
        this.#send(peer, { cmd: "unsuback", messageId: packet.messageId ?? 0, granted: [] });
        client.rules.acknowledged(packet.messageId ?? 0);
        return;
      case "pingreq":
        this.#send(peer, { cmd: "pingresp" });
        return;
      case "disconnect":
        this.disconnects.push(clientId);
        connected.will = void 0;
        this.#gone(connected);
        return;
      case "connect":
        this.#expel(connected, "[MQTT-3.1.0-2] a second CONNECT");
        return;
      default:
        this.#expel(connected, `[MQTT-4.8.0-1] ${packet.cmd} is not for a client with QoS 0 and 1 to send`);
    }
  }
  #takePublish(packet, connected) {
    const { client, clientId, peer } = connected;
    const { dup, qos, retain, topic } = packet;
    if (qos === 2) {
      this.#expel(connected, "[MQTT-4.8.0-1] PUBLISH with QoS 2");
      return;
    }
    const packetId = packet.messageId ?? 0;
    const payload = Uint8Array.from(packet.payload);
    client.rules.published({ topic, payload, packetId, qos, dup });
    this.received.push({
      timeMilliseconds: this.#network.scheduler.now,
      clientId,
      connection: client.connections,
      topic,
      payload,
      qos,
      dup,
      retain,
      packetId
    });
    this.#store.route({ topic, payload, qos, retain });
    if (qos === 1 && !this.#isPubackDropped()) {
      this.#send(peer, { cmd: "puback", messageId: packetId });
      client.rules.acknowledged(packetId);
    }
  }
  #isPubackDropped() {
    if (this.#dropPubacks < 1) return this.#random() < this.#dropPubacks;
    this.#dropPubacks--;
    return true;
  }
  #expel(connected, violation) {
    this.violations.push(`${violation} (client ${connected.clientId})`);
    this.kick(connected.clientId);
  }
  /** The connection is no longer; its will is published [MQTT-3.1.2-8] unless it was discarded. */
  #gone(connected) {
    const { clientId, keepAliveTimer, session, will } = connected;
    if (this.#connected.get(clientId) !== connected) return;
    this.#connected.delete(clientId);
    if (keepAliveTimer !== void 0) this.#network.scheduler.clear(keepAliveTimer);
    this.#store.end(clientId, session);
    if (will !== void 0) this.#store.route(will);
  }
  #watch(connected) {
    const { clientId, keepAliveMilliseconds, keepAliveTimer, peer } = connected;
    const { scheduler: scheduler2 } = this.#network;
    if (keepAliveTimer !== void 0) scheduler2.clear(keepAliveTimer);
    if (keepAliveMilliseconds === 0) return;
    connected.keepAliveTimer = scheduler2.at(scheduler2.now + keepAliveMilliseconds, () => {
      if (this.silent) return;
      this.keepAliveExpiries.push({ clientId, timeMilliseconds: scheduler2.now });
      peer.close();
      this.#gone(connected);
    });
  }
  #send(peer, packet) {
    if (!this.silent) peer.send(generate(packet));
  }
};
function willOf({ payload, qos, retain, topic }) {
  return { topic, payload: Uint8Array.from(payload), qos: qos === 0 ? 0 : 1, retain: retain ?? false };
}

// xs/run.ts
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
var XsEngine = class {
  bits;
  #program;
  #root;
  /** `built` as `buildEngine` (xs/build.mjs) returns it; `root` is the folder of the project. */
  constructor(built, root) {
    this.bits = built.bits;
    this.#program = built.program;
    this.#root = root;
  }
  /** Runs to the end. */
  run(run) {
    return withReport((path) => {
      const { status, stdout, stderr } = spawnSync(this.#program, this.#parameters(run, path, false), {
        encoding: "utf8",
        maxBuffer: 1 << 26
      });
      return { exitCode: status ?? -1, output: stdout, errors: stderr };
    });
  }
  /** Starts a run whose streams lead over a wire (xs/wire.ts), or, in real time, to this machine's sockets. */
  start(run, reportPath) {
    return spawn(this.#program, this.#parameters(run, reportPath, run.realTime !== true), {
      stdio: ["ignore", "pipe", "pipe", "pipe"]
    });
  }
  #parameters(run, reportPath, isWired) {
    const parameters = [];
    const give = (name, value) => {
      if (value !== void 0) parameters.push(name, String(value));
    };
    for (const [name, value] of Object.entries(this.#creation(run))) give(name, value);
    give("--storage", run.storage);
    give("--report", reportPath);
    give("--flash-bytes", run.flashBytes ?? 1 << 20);
    give("--seed", run.seed ?? 1);
    give("--epoch", run.epochMilliseconds);
    give("--hardware-id", run.hardwareId);
    give("--reset-reason", run.resetReason);
    give("--power-cut", run.powerCutAfter);
    give("--byte-codes-max", run.byteCodesMax);
    if (run.realTime !== true) parameters.push("--virtual");
    if (isWired) give("--wire", 3);
    if (run.collect) parameters.push("--collect");
    if (run.profile) parameters.push("--profile");
    for (const [name, value] of Object.entries(run.settings ?? {})) give("--set", `${name}=${value}`);
    for (const module of this.#preloads()) give("--preload", module);
    give("--main", `${run.main}=${join(this.#root, "build/xs/device", `${run.main}.js`)}`);
    return parameters;
  }
  /** Everything that manifest.json preloads, and the hardware of this host in place of hal/esp32. */
  #preloads() {
    const agent = modulesBelow(join(this.#root, "build/device"), "src").filter(([name]) => name !== "src/main");
    const hal = modulesBelow(join(this.#root, "build/xs/device"), "hal/xs");
    return [...agent, ...hal].map(([name, path]) => `${name}=${path}`);
  }
  /**
   * `creation` of manifest.json, for a block of `staticBytes`. There chunks and slots grow in small steps to wherever they
   * meet; a creation without "static" has fixed sizes, and the block is their sum.
   */
  #creation({ staticBytes, stackSlots }) {
    const { creation } = JSON.parse(readFileSync(join(this.#root, "manifest.json"), "utf8"));
    const { chunk, heap, keys } = creation;
    const stack = stackSlots ?? creation.stack;
    const slotBytes = this.bits / 2;
    const isFixed = staticBytes === void 0 && !creation.static;
    const sum = chunk.initial + (heap.initial + stack + 2) * slotBytes + 64;
    return {
      "--static": staticBytes ?? (isFixed ? sum : creation.static),
      "--chunk-initial": isFixed ? chunk.initial : 512,
      "--chunk-increment": isFixed ? 0 : 128,
      "--heap-initial": isFixed ? heap.initial : 192,
      "--heap-increment": isFixed ? 0 : 16,
      "--stack": stack,
      "--keys": keys?.available ?? 32,
      "--names": keys?.name ?? 53,
      "--symbols": keys?.symbol ?? 3
    };
  }
};
function modulesBelow(base, folder) {
  return readdirSync(join(base, folder), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js")).sort().map((name) => join(base, folder, name)).map((path) => [relative(base, path).slice(0, -".js".length), path]);
}
function withReport(action) {
  const folder = mkdtempSync(join(tmpdir(), "godwit-xs-"));
  const path = join(folder, "report.json");
  try {
    const outcome2 = action(path);
    const report = readReport(path);
    return report === void 0 ? outcome2 : { ...outcome2, report };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return void 0;
  }
}

// xs/world.ts
var BUFFER_BYTES = 5760;
var HEAD_BYTES = 4;
async function runInWorld(engine2, run, world, reportPath) {
  const child = engine2.start(run, reportPath);
  const wire = child.stdio[3];
  const device = new WiredDevice(wire, world);
  let output = "";
  let errors = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    errors += text;
  });
  const exitCode = await new Promise((resolve, reject) => {
    const fail = (error) => {
      child.kill("SIGKILL");
      reject(error);
    };
    wire.on("error", () => {
    });
    wire.on("data", (bytes) => {
      try {
        device.received(bytes);
      } catch (error) {
        fail(error);
      }
    });
    child.on("error", fail);
    child.on("close", (code) => resolve(code ?? -1));
  });
  world.link.powerDown();
  world.link.powerUp();
  const report = readReport(reportPath);
  return report === void 0 ? { exitCode, output, errors } : { exitCode, output, errors, report };
}
var WiredDevice = class {
  #wire;
  #world;
  #bootMilliseconds;
  #carried = /* @__PURE__ */ new Map();
  #unparsed = new Uint8Array(0);
  #messages = [];
  constructor(wire, world) {
    this.#wire = wire;
    this.#world = world;
    this.#bootMilliseconds = world.scheduler.now;
  }
  /** Time since the device's boot. */
  get milliseconds() {
    return this.#world.scheduler.now - this.#bootMilliseconds;
  }
  /** A mark of this name in the report. */
  mark(name) {
    this.#say("M", 0, Buffer.from(name));
  }
  /** The scenario has passed. */
  end() {
    this.#say("X", 0, new Uint8Array(0));
  }
  /** What came over the wire, in pieces of any size. */
  received(bytes) {
    let rest = this.#unparsed.length === 0 ? bytes : Buffer.concat([this.#unparsed, bytes]);
    while (rest.length >= HEAD_BYTES) {
      const length = rest[2] | rest[3] << 8;
      if (rest.length < HEAD_BYTES + length) break;
      const type = String.fromCharCode(rest[0]);
      this.#take(type, rest[1], rest.subarray(HEAD_BYTES, HEAD_BYTES + length));
      rest = rest.subarray(HEAD_BYTES + length);
    }
    this.#unparsed = rest;
  }
  #take(type, id, body) {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const carried = this.#carried.get(id);
    if (type === "I") this.#turn(view.getFloat64(0, true), view.getFloat64(8, true));
    else if (type === "O") this.#open(id, view.getUint16(0, true), Buffer.from(body.subarray(2)).toString());
    else if (carried === void 0) return;
    else if (type === "D") {
      carried.waiting.push(Uint8Array.from(body));
      this.#send(id, carried);
    } else if (type === "R") {
      carried.room += view.getUint16(0, true);
      this.#receive(id, carried);
    } else if (type === "C") {
      carried.stream.close();
      this.#carried.delete(id);
    }
  }
  /** Lets the world go on until it has something to say, or the device's timer is due. */
  #turn(now, nextTimer) {
    const { scheduler: scheduler2 } = this.#world;
    scheduler2.runUntil(this.#bootMilliseconds + now);
    this.#world.onIdle(this);
    let isDue = false;
    const due = Number.isFinite(nextTimer) ? scheduler2.at(this.#bootMilliseconds + nextTimer, () => {
      isDue = true;
    }) : void 0;
    while (!isDue && this.#messages.length === 0)
      if (!scheduler2.step()) throw new Error("the device waits for a world in which nothing more will happen");
    if (due !== void 0) scheduler2.clear(due);
    const time = float64(this.milliseconds);
    const quietUntil = float64(scheduler2.pending === 0 ? Number.POSITIVE_INFINITY : 0);
    this.#wire.write(Buffer.concat([message("T", 0, time), ...this.#messages, message("G", 0, quietUntil)]));
    this.#messages = [];
  }
  #open(id, port, host) {
    const stream = new this.#world.link.TCP({
      host,
      port,
      onReadable: () => this.#receive(id, carried),
      onWritable: (byteCount) => {
        if (!carried.isOpen) this.#say("K", id, new Uint8Array(0));
        carried.isOpen = true;
        carried.space = byteCount;
        this.#send(id, carried);
      },
      onError: (reason) => {
        this.#carried.delete(id);
        this.#say("E", id, Buffer.from(reason));
      }
    });
    const carried = { stream, isOpen: false, waiting: [], space: 0, room: BUFFER_BYTES };
    this.#carried.set(id, carried);
  }
  #send(id, carried) {
    while (carried.space > 0 && carried.waiting.length > 0) {
      const bytes = carried.waiting.shift();
      const piece = bytes.subarray(0, carried.space);
      if (piece.length < bytes.length) carried.waiting.unshift(bytes.subarray(piece.length));
      carried.space = carried.stream.write(piece);
      this.#say("S", id, uint16(piece.length));
    }
  }
  #receive(id, carried) {
    const buffer = new Uint8Array(BUFFER_BYTES);
    while (carried.room > 0) {
      const count = carried.stream.read(buffer.subarray(0, carried.room));
      if (count === void 0) return;
      carried.room -= count;
      this.#say("D", id, buffer.slice(0, count));
    }
  }
  #say(type, id, body) {
    this.#messages.push(message(type, id, body));
  }
};
function message(type, id, body) {
  return Uint8Array.of(type.charCodeAt(0), id, body.length & 255, body.length >> 8, ...body);
}
function float64(value) {
  return new Uint8Array(Float64Array.of(value).buffer);
}
function uint16(value) {
  return Uint8Array.of(value & 255, value >> 8);
}

// xs/try.tmp.ts
var engine = new XsEngine({ program: "/work/main/build/xs/32/xs", bits: 32 }, "/work/main");
var scheduler = new Scheduler();
var network = new SimNetwork({ scheduler, random: seededRandom(1) });
var link = network.link();
link.latencyMilliseconds = 20;
var broker = new CheckingBroker({ network });
var n = Number(process.argv[2] ?? 300);
var sensors = ["a", "b", "c"].map((name) => ({ name, driver: "wandering", periodMilliseconds: 1e3, channels: [{ name: `${name}_temperature`, from: "value" }, { name: `${name}_humidity`, from: "other" }] }));
var configuration = JSON.stringify({ broker: { host: "broker", window: 16 }, sensors });
var taken = 0;
var marked = false;
var storage = mkdtempSync2("/tmp/st-");
var t = performance.now();
var outcome = await runInWorld(engine, { main: "xs/scenarios/agent", storage, settings: { configuration }, epochMilliseconds: 175e10, stackSlots: 600, profile: process.argv[3] === "p" }, {
  scheduler,
  link,
  onIdle(device) {
    for (const r of broker.received) if (r.topic.endsWith("telemetry")) {
      const v = JSON.parse(Buffer.from(r.payload).toString());
      taken += Array.isArray(v) ? v.length : 1;
    }
    if (taken < 5 && broker.received.length) console.log(broker.received.map((r) => r.topic + " " + Buffer.from(r.payload)));
    broker.received.length = 0;
    if (!marked && taken >= 30) {
      marked = true;
      device.mark("steady");
    }
    if (taken >= 30 + n) {
      device.mark("done");
      device.end();
      taken = -Infinity;
    }
  }
}, "/tmp/report.json");
console.log(performance.now() - t, "ms");
var f = outcome.report?.functions;
if (f) delete outcome.report.functions;
console.dir(outcome, { depth: 5 });
console.log(broker.violations);
