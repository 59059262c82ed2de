/** 10,000 QoS 1 messages from append to acknowledged, each peer in a process of its own, in turn, over one broker. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countBytes, startBroker } from './broker.mjs';

export const description =
  '10,000 QoS 1 messages of 24 bytes on a 27-byte topic, window 20, each in storage before it is sent';

const ROUNDS = 5;
const MESSAGES = 10_000;
/** PUBLISH: 2 bytes of fixed header, 2 + 27 of topic, 2 of packet identifier, 24 of payload. PUBACK: 4. */
const MINIMUM_UP = 57;
const MINIMUM_DOWN = 4;
const PEER = 'MQTT.js 5 with mqtt-level-store';

export async function run(progress) {
  const broker = await startBroker();
  const results = { godwit: [], mqttjs: [] };
  try {
    for (let round = 1; round <= ROUNDS; round++)
      for (const peer of ['godwit', 'mqttjs']) {
        const result = await once(peer, broker.port);
        results[peer].push(result);
        progress(`${peer}, round ${round} of ${ROUNDS}: ${result.milliseconds} ms, ${result.rssKilobytes} kB`);
      }
    const bytes = await withCountedBytes(broker.port);
    const time = (peer) => median(results[peer].map(({ milliseconds }) => milliseconds));
    const memory = (peer) => median(results[peer].map(({ rssKilobytes }) => rssKilobytes));
    const over = ` (${broker.name})`;
    return [
      { name: `time${over}`, value: time('godwit'), unit: 'ms', peer: PEER, peerValue: time('mqttjs') },
      { name: 'peak memory', value: memory('godwit'), unit: 'kB', peer: PEER, peerValue: memory('mqttjs') },
      { name: 'bytes up a message', value: bytes.up, unit: 'B', peer: 'minimum of MQTT 3.1.1', peerValue: MINIMUM_UP },
      {
        name: 'bytes down a message',
        value: bytes.down,
        unit: 'B',
        peer: 'minimum of MQTT 3.1.1',
        peerValue: MINIMUM_DOWN,
      },
    ];
  } finally {
    broker.stop();
  }
}

/** What travels between CONNACK and DISCONNECT, seen by a relay. */
async function withCountedBytes(port) {
  const relay = await countBytes(port);
  await once('godwit', relay.port);
  const { up, down } = relay.stop();
  const connect = 2 + 10 + 2 + 'godwit-bench'.length;
  return { up: (up - connect - 2) / MESSAGES, down: (down - 4) / MESSAGES };
}

async function once(peer, port) {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-bench-'));
  try {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, `delivery-${peer}.mjs`), String(port), folder, String(MESSAGES)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    if (status !== 0) throw new Error(`${peer} ended with status ${status}`);
    return JSON.parse(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
