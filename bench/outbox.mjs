/** The outbox: flash operations a record (exact), reads at boot, and time against an LSM store on Node. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { FileFlash } from '../build/host/hal/host/flash.js';
import { SimFlash, seededRandom } from '../build/host/hal/sim/sim.js';
import { weatherAt, weatherChannels } from '../build/host/sim/input/weather.js';
import { Archive } from '../build/host/src/archive/archive.js';
import { formatOutbox, openOutbox } from '../build/host/src/outbox/outbox.js';
import { packReading } from '../build/host/src/reading/reading.js';

export const description = 'records of 24 bytes, partition of 1 MiB';

const BLOCKS = 256;
const RECORDS = 1_000_000;
const payload = new Uint8Array(24).fill(7);
const PEER = 'classic-level, put and del';

export async function run(progress) {
  const online = deliverOnline();
  progress(`${RECORDS} records delivered on simulated flash`);
  const boot = bootFull();
  const compact = readingsHeld();
  progress(`${compact} readings held in compact mode`);
  const ours = await timed(appendAndRelease);
  progress(`godwit: ${ours} ms`);
  const theirs = await timed(putAndDelete);
  progress(`${PEER}: ${theirs} ms`);
  return [
    { name: 'program operations a delivered record, online', value: online.programs / RECORDS, unit: '' },
    { name: 'bytes programmed a delivered record, online', value: online.programmedBytes / RECORDS, unit: 'B' },
    { name: 'sector erases for 1,000,000 records', value: online.erases, unit: '' },
    { name: 'flash reads at boot, 256 full sectors, oldest record included', value: boot.reads, unit: '' },
    { name: 'programs and erases at boot', value: boot.changes, unit: '' },
    { name: 'erases in 1,000 starts that append a record', value: erasesOfStarts(simulatedFlash()), unit: '' },
    { name: 'the same, encrypted partition', value: erasesOfStarts(encryptedFlash()), unit: '' },
    { name: 'readings of three channels held in compact mode', value: compact, unit: '' },
    { name: 'flash a reading of three channels, compact mode', value: (BLOCKS * 4096) / compact, unit: 'B' },
    {
      name: '1,000,000 times append and release, flash in a file',
      value: ours,
      unit: 'ms',
      peer: PEER,
      peerValue: theirs,
    },
  ];
}

function simulatedFlash() {
  return new SimFlash({ blocks: BLOCKS, random: seededRandom(1) });
}

function encryptedFlash() {
  const flash = new SimFlash({ blocks: BLOCKS, encrypted: true, random: seededRandom(1) });
  formatOutbox(flash);
  return flash;
}

/** The power is cut after each record. */
function erasesOfStarts(flash) {
  const before = flash.erases;
  for (let start = 0; start < 1000; start++) {
    flash.powerDown();
    flash.powerUp();
    openOutbox(flash).append(payload, 0);
  }
  return flash.erases - before;
}

/** Each record is acknowledged before the next one is appended. */
function deliverOnline() {
  const flash = simulatedFlash();
  const outbox = openOutbox(flash);
  for (let i = 0; i < RECORDS; i++) {
    outbox.append(payload, 0);
    outbox.release(outbox.next().sequence);
  }
  return flash;
}

/** Readings of a weather station (sim/input/weather.ts), until the first is evicted. */
function readingsHeld() {
  const archive = new Archive(simulatedFlash(), 'compact', {});
  const bytes = new Uint8Array(64);
  const random = seededRandom(2);
  let readings = 0;
  for (; archive.statistics().dropped === 0; readings++)
    archive.append(bytes.subarray(0, packReading(bytes, weatherAt(readings, random), weatherChannels)), 0);
  return readings;
}

/** Until the oldest record is handed out: where it stands is looked for then. */
function bootFull() {
  const flash = simulatedFlash();
  const outbox = openOutbox(flash);
  while (outbox.statistics().dropped === 0) outbox.append(payload, 0);
  flash.powerDown();
  flash.powerUp();
  const before = { reads: flash.reads, changes: flash.programs + flash.erases };
  const again = openOutbox(flash);
  while (again.next().reason !== undefined);
  return { reads: flash.reads - before.reads, changes: flash.programs + flash.erases - before.changes };
}

async function timed(action) {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-bench-'));
  try {
    const started = performance.now();
    await action(folder);
    return Math.round(performance.now() - started);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function appendAndRelease(folder) {
  const flash = FileFlash.open(join(folder, 'flash.bin'), BLOCKS);
  const outbox = openOutbox(flash);
  for (let i = 0; i < RECORDS; i++) {
    outbox.append(payload, 0);
    outbox.release(outbox.next().sequence);
  }
  flash.close();
}

async function putAndDelete(folder) {
  const store = new ClassicLevel(join(folder, 'store'), { valueEncoding: 'view' });
  for (let i = 0; i < RECORDS; i++) {
    const key = String(i).padStart(12, '0');
    await store.put(key, payload);
    await store.del(key);
  }
  await store.close();
}
