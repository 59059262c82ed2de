/** The broker that both peers of a benchmark talk to, in a process of its own, and a relay that counts bytes. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's mosquitto when it is installed, else aedes. */
export async function startBroker() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'godwit-broker-'));
  const hasMosquitto = spawnSync('mosquitto', ['-h']).error === undefined;
  let child;
  if (hasMosquitto) {
    const configuration = join(folder, 'mosquitto.conf');
    writeFileSync(
      configuration,
      `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\nlog_type none\n`,
    );
    child = spawn('mosquitto', ['-c', configuration], { stdio: 'ignore' });
  } else {
    child = spawn(process.execPath, [join(import.meta.dirname, 'aedes.mjs'), String(port)], { stdio: 'ignore' });
  }
  await untilListening(port);
  return {
    port,
    name: hasMosquitto ? 'mosquitto' : 'aedes',
    stop: () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Passes bytes on to `port` and counts them. */
export async function countBytes(port) {
  let up = 0;
  let down = 0;
  const server = net.createServer((socket) => {
    const onward = net.connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    onward.setNoDelay(true);
    socket.on('data', (data) => {
      up += data.length;
      onward.write(data);
    });
    onward.on('data', (data) => {
      down += data.length;
      socket.write(data);
    });
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('error', () => {});
    onward.on('error', () => {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    stop: () => {
      server.close();
      return { up, down };
    },
  };
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port) {
  for (let tries = 0; tries < 200; tries++) {
    const isOpen = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the broker does not answer');
}
