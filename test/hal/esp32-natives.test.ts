/** hal/esp32 with, with some, and without the C functions that the manifest's "ffi" binds. The SDK's modules are stood in for. */
import { writeText } from '../../src/mqtt/utf8.js';
import { crc32c } from '../../src/outbox/crc.js';

interface Mocking {
  unstable_mockModule(name: string, factory: () => unknown, options: { virtual: boolean }): void;
}
const { jest } = import.meta as ImportMeta & { readonly jest: Mocking };

/** What the SDK has bound: as `modules` gives it. */
let bound: object | undefined;

jest.unstable_mockModule(
  'modules',
  () => ({
    default: {
      has: (name: string) => name === 'mc/ffi' && bound !== undefined,
      importNow: () =>
        class {
          constructor() {
            Object.assign(this, bound);
          }
        },
    },
  }),
  { virtual: true },
);
jest.unstable_mockModule(
  'embedded:storage/flash',
  () => ({ default: { open: () => ({ status: () => ({ size: 65_536, blockLength: 4096, blocks: 16 }) }) } }),
  { virtual: true },
);
jest.unstable_mockModule('resetReason', () => ({ default: () => ({ reason: 9 }) }), { virtual: true });

/** Not by name: what is in hal/esp32 is typed for the device only. */
const load = (file: string) => import(`../../hal/esp32/${file}.js`);

async function open(functions: object | undefined) {
  bound = functions;
  const { loadNatives, crc32cOver, writeTextOver } = await load('natives');
  const { esp32System } = await load('system');
  const natives = loadNatives();
  return {
    system: esp32System(() => 'aa:bb:cc:00:11:22', natives),
    crc32c: crc32cOver(natives),
    writeText: writeTextOver(natives),
  };
}

describe('an ESP32', () => {
  it('does without what an SDK without "ffi" cannot bind', async () => {
    const { system, crc32c, writeText } = await open(undefined);
    expect(crc32c).toBeUndefined();
    expect(writeText).toBeUndefined();
    expect(Object.keys(system)).toEqual(['hardwareId', 'resetReason']);
    expect(system.hardwareId).toBe('aabbcc001122');
    expect(system.resetReason).toBe('brown-out');
  });

  it('has what is bound, and only that', async () => {
    const { system, crc32c } = await open({ godwit_free_heap: () => 123 });
    expect(crc32c).toBeUndefined();
    expect(system.freeHeap()).toBe(123);
    expect('sleep' in system).toBe(false);
  });

  it('has all of it where all is bound', async () => {
    const calls: unknown[] = [];
    const { system } = await open({
      godwit_mark_valid: () => calls.push('valid'),
      godwit_recall: () => 7,
      godwit_retain: (value: number) => calls.push(value),
      godwit_sleep: (milliseconds: number) => calls.push(milliseconds),
    });
    system.markValid();
    system.retain(system.recall() + 1);
    system.sleep(10_000);
    expect(calls).toEqual(['valid', 8, 10_000]);
  });

  it('knows an encrypted partition, which is written once', async () => {
    const { openPartition } = await load('flash');
    const unitOf = (label: string) => (label === 'outbox' ? 32 : 0);
    const plain = { size: 65_536, blockLength: 4096, blocks: 16 };
    const encrypted = { ...plain, writeAlign: 32, eraseValue: undefined };
    expect(openPartition('outbox', { godwit_encrypted_unit: unitOf }).status()).toStrictEqual(encrypted);
    expect(openPartition('events', { godwit_encrypted_unit: unitOf }).status()).toStrictEqual(plain);
    expect(openPartition('outbox', {}).status()).toStrictEqual(plain);
  });

  it('sums a part of a view, which C sees as a part of its whole buffer', async () => {
    const { crc32c: native } = await open({
      godwit_crc32c: (buffer: ArrayBuffer, start: number, end: number, register: number) =>
        crc32c(new Uint8Array(buffer), start, end, register),
    });
    const view = Uint8Array.from({ length: 40 }, (_, i) => i * 7).subarray(9, 33);
    expect(native(view, 3, 20, -1)).toBe(crc32c(view, 3, 20, -1));
  });

  it('writes text into a part of a view, likewise', async () => {
    const { writeText: native } = await open({
      godwit_write_text: (text: string, buffer: ArrayBuffer, start: number, end: number) =>
        writeText(text, new Uint8Array(buffer, 0, end), start),
    });
    const memory = new Uint8Array(20);
    expect(native('abc', memory.subarray(9, 15), 2)).toBe(5);
    expect(Buffer.from(memory.subarray(11, 14)).toString()).toBe('abc');
    expect(native('abc', memory.subarray(9, 15), 4)).toBe(-1);
  });
});
