/** The same run with MQTT.js, messages kept in its level store until they are acknowledged. Prints its figures as JSON. */
import { join } from 'node:path';
import mqtt from 'mqtt';
import levelStore from 'mqtt-level-store';

const [port, folder, count] = process.argv.slice(2).map((text) => (Number.isNaN(Number(text)) ? text : Number(text)));
const WINDOW = 20;
const topic = 'site-07/node-0042/telemetry';
const payload = Buffer.alloc(24, 7);
const stores = levelStore(join(folder, 'store'));

let handedOver = 0;
let acknowledged = 0;
let started = 0;

const client = mqtt.connect({
  host: '127.0.0.1',
  port,
  clientId: 'godwit-bench',
  incomingStore: stores.incoming,
  outgoingStore: stores.outgoing,
});
client.on('error', (error) => {
  throw error;
});
client.once('connect', () => {
  started = performance.now();
  for (let i = 0; i < WINDOW; i++) publish();
});

function publish() {
  if (handedOver === count) return;
  handedOver++;
  client.publish(topic, payload, { qos: 1 }, (error) => {
    if (error) throw error;
    acknowledged++;
    if (acknowledged === count) finish();
    else publish();
  });
}

function finish() {
  const milliseconds = Math.round(performance.now() - started);
  client.end(false, () => {
    process.stdout.write(JSON.stringify({ milliseconds, rssKilobytes: process.resourceUsage().maxRSS }), () =>
      process.exit(0),
    );
  });
}
