/** One run of godwit: outbox in a flash file, connection, window of 20. Prints its figures as JSON. */
import { join } from 'node:path';
import { HostClock } from '../build/host/hal/host/clock.js';
import { FileFlash } from '../build/host/hal/host/flash.js';
import { TCP } from '../build/host/hal/host/tcp.js';
import { Connection } from '../build/host/src/mqtt/connection.js';
import { openOutbox } from '../build/host/src/outbox/outbox.js';

const [port, folder, count] = process.argv.slice(2).map((text) => (Number.isNaN(Number(text)) ? text : Number(text)));
const WINDOW = 20;
const topic = 'site-07/node-0042/telemetry';
const flash = FileFlash.open(join(folder, 'flash.bin'), 256);
const outbox = openOutbox(flash);
const payload = new Uint8Array(24).fill(7);

let appended = 0;
let acknowledged = 0;
let started = 0;

const connection = new Connection({
  clock: new HostClock(),
  random: Math.random,
  Stream: TCP,
  host: '127.0.0.1',
  port,
  clientId: 'godwit-bench',
  windowMax: WINDOW,
  onConnected: () => {
    started = performance.now();
    fill();
  },
  onReady: fill,
  onAcknowledged: (sequence) => {
    outbox.release(sequence);
    acknowledged++;
    if (acknowledged === count) finish();
  },
  onDisconnected: (cause) => {
    throw cause;
  },
});
connection.start();

/** Appends as the window opens, sends what the outbox hands out. */
function fill() {
  while (appended < count && appended - acknowledged < WINDOW) {
    outbox.append(payload, 0);
    appended++;
  }
  while (connection.ready) {
    const record = outbox.next();
    if (record === undefined) return;
    const message = { topic, payload: record.payload, qos: 1, retain: false };
    if (!connection.publish(message, record.sequence)) throw new Error('the connection was ready and took no message');
  }
}

function finish() {
  const milliseconds = Math.round(performance.now() - started);
  outbox.flush();
  const { queued, delivered } = outbox.statistics();
  if (queued !== 0 || delivered !== count) throw new Error(`${delivered} delivered, ${queued} queued`);
  connection.stop();
  process.stdout.write(JSON.stringify({ milliseconds, rssKilobytes: process.resourceUsage().maxRSS }));
}
