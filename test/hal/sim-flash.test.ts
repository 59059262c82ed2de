import {
  eraseTears,
  type FlashOperation,
  PowerCut,
  programTears,
  SimFlash,
  seededRandom,
  type Tear,
} from '../../hal/sim/sim.js';

const BLOCK = 512;

function newFlash(seed = 1) {
  return new SimFlash({ blocks: 4, blockLength: BLOCK, random: seededRandom(seed) });
}

function readBack(flash: SimFlash, offset: number, byteLength: number): number[] {
  const buffer = new Uint8Array(byteLength);
  flash.read(buffer, offset);
  return [...buffer];
}

/** What a power cut leaves of `action`, as it reads after the next power-up. */
function cut(flash: SimFlash, tear: Tear, action: () => void): void {
  flash.cutAfter(0, tear);
  expect(action).toThrow(PowerCut);
  flash.powerUp();
}

describe('a power cut in a program', () => {
  const data = Uint8Array.of(0x11, 0x22, 0x33, 0x44);
  const torn = (tear: Tear) => {
    const flash = newFlash();
    cut(flash, tear, () => flash.write(data, 8));
    return readBack(flash, 7, 6);
  };

  it.each<[Tear, number[]]>([
    [{ kind: 'nothing' }, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    [{ kind: 'prefix', bytes: 1 }, [0xff, 0x11, 0xff, 0xff, 0xff, 0xff]],
    [{ kind: 'prefix', bytes: 3 }, [0xff, 0x11, 0x22, 0x33, 0xff, 0xff]],
    [{ kind: 'suffix', bytes: 1 }, [0xff, 0xff, 0xff, 0xff, 0x44, 0xff]],
    [{ kind: 'complete' }, [0xff, 0x11, 0x22, 0x33, 0x44, 0xff]],
  ])('leaves of %j just that', (tear, expected) => {
    expect(torn(tear)).toEqual(expected);
  });

  it.each<['dense' | 'half' | 'sparse', number]>([
    ['dense', 7 / 8],
    ['half', 1 / 2],
    ['sparse', 1 / 8],
  ])('clears a random choice of the bits: %s', (density, share) => {
    const flash = newFlash();
    cut(flash, { kind: 'bits', density }, () => flash.write(new Uint8Array(BLOCK), 0));
    const cleared = readBack(flash, 0, BLOCK).reduce((count, value) => count + zeroBits(value), 0);
    expect(cleared / (8 * BLOCK)).toBeGreaterThan(share - 0.05);
    expect(cleared / (8 * BLOCK)).toBeLessThan(share + 0.05);
  });

  it('never clears a bit that the program would have kept', () => {
    for (const tear of programTears(4)) {
      for (const [index, value] of torn(tear).slice(1, 5).entries()) {
        expect(value & (data[index] as number)).toBe(data[index]);
      }
    }
  });

  it('is listed with a prefix and a suffix of every byte count', () => {
    const listed = programTears(32).filter(({ weak }) => weak === undefined);
    expect(listed).toHaveLength(1 + 31 + 31 + 3 + 1);
    expect(new Set(listed.map((tear) => JSON.stringify(tear))).size).toBe(listed.length);
    const long = programTears(256).filter((tear) => tear.kind === 'prefix' && tear.weak === undefined);
    expect(long.length).toBeLessThan(65);
  });
});

describe('a power cut in an erase', () => {
  const torn = (tear: Tear) => {
    const flash = newFlash();
    flash.write(new Uint8Array(BLOCK).fill(0x5a), 0);
    flash.write(new Uint8Array(BLOCK).fill(0x5a), BLOCK);
    cut(flash, tear, () => flash.eraseBlock(1));
    expect(readBack(flash, 0, BLOCK)).toEqual(filled(BLOCK, 0x5a));
    return readBack(flash, BLOCK, BLOCK);
  };

  it.each<[Tear, number[]]>([
    [{ kind: 'nothing' }, filled(BLOCK, 0x5a)],
    [{ kind: 'headerKept' }, [...filled(32, 0x5a), ...filled(BLOCK - 32, 0)]],
    [{ kind: 'headBlank' }, [...filled(32, 0xff), ...filled(BLOCK - 32, 0x5a)]],
    [{ kind: 'zero' }, filled(BLOCK, 0)],
    [{ kind: 'complete' }, filled(BLOCK, 0xff)],
  ])('leaves of %j just that', (tear, expected) => {
    expect(torn(tear)).toEqual(expected);
  });

  it('may leave noise', () => {
    expect(new Set(torn({ kind: 'random' })).size).toBeGreaterThan(100);
  });

  it('may look blank at both ends, with a few zeros between', () => {
    const block = torn({ kind: 'looksBlank' });
    expect(block.slice(0, 32)).toEqual(filled(32, 0xff));
    expect(block.slice(-32)).toEqual(filled(32, 0xff));
    const zeros = block.reduce((count, value) => count + zeroBits(value), 0);
    expect(zeros).toBeGreaterThan(0);
    expect(zeros).toBeLessThanOrEqual(24);
  });

  it('tears only the block it hits when several are erased', () => {
    const flash = newFlash();
    for (let block = 0; block < 3; block++) flash.write(Uint8Array.of(0), block * BLOCK);
    flash.cutAfter(1, { kind: 'zero' });
    expect(() => flash.eraseBlock(0, 3)).toThrow(PowerCut);
    flash.powerUp();
    expect([0, 1, 2].map((block) => readBack(flash, block * BLOCK + 1, 1)[0])).toEqual([0xff, 0, 0xff]);
    expect(readBack(flash, 0, 1)).toEqual([0xff]);
    expect(readBack(flash, 2 * BLOCK, 1)).toEqual([0]);
  });

  it('is listed firm and weak', () => {
    expect(eraseTears()).toHaveLength(7 * 3);
  });
});

describe('weak cells', () => {
  /** The different values that two bytes at 0 read as, over many power-ups. */
  const valuesSeen = (flash: SimFlash) => {
    const seen = new Set<string>();
    for (let count = 0; count < 200; count++) {
      flash.powerUp();
      seen.add(String(readBack(flash, 0, 2)));
    }
    return seen;
  };

  it('take new values at each power-up, and keep them in between', () => {
    const flash = newFlash();
    cut(flash, { kind: 'complete', weak: 'all' }, () => flash.write(Uint8Array.of(0xf0, 0xff), 0));
    const first = readBack(flash, 0, 2);
    expect(readBack(flash, 0, 2)).toEqual(first);
    const seen = [...valuesSeen(flash)].map((text) => text.split(',').map(Number));
    expect(seen).toHaveLength(16);
    for (const [low, high] of seen) {
      expect((low as number) & 0xf0).toBe(0xf0);
      expect(high).toBe(0xff);
    }
  });

  it('are one to three bits when sparse', () => {
    const counts = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const flash = newFlash(seed);
      cut(flash, { kind: 'nothing', weak: 'sparse' }, () => flash.write(new Uint8Array(2), 0));
      counts.add(valuesSeen(flash).size);
    }
    expect([...counts].sort()).toEqual([2, 4, 8]);
  });

  it('come from a torn erase as well, and only where it had to do something', () => {
    const flash = newFlash();
    flash.write(Uint8Array.of(0xfe, 0xff), 0);
    cut(flash, { kind: 'complete', weak: 'all' }, () => flash.eraseBlock(0));
    expect(valuesSeen(flash)).toEqual(new Set(['254,255', '255,255']));
  });

  it('are firm after a program to 0, and weak still after a program to 1', () => {
    const flash = newFlash();
    cut(flash, { kind: 'complete', weak: 'all' }, () => flash.write(Uint8Array.of(0xfc, 0xff), 0));
    flash.write(Uint8Array.of(0xfe, 0xff), 0);
    expect(valuesSeen(flash)).toEqual(new Set(['252,255', '254,255']));
    flash.write(Uint8Array.of(0xfc, 0xff), 0);
    expect(valuesSeen(flash)).toEqual(new Set(['252,255']));
  });

  it('are firm after an erase', () => {
    const flash = newFlash();
    cut(flash, { kind: 'nothing', weak: 'all' }, () => flash.write(Uint8Array.of(0, 0), 0));
    flash.eraseBlock(0);
    expect(valuesSeen(flash)).toEqual(new Set(['255,255']));
  });
});

describe('the power', () => {
  it('fails at the operation asked for, and stays away until powerUp', () => {
    const flash = newFlash();
    let cuts = 0;
    flash.onPowerCut = () => {
      cuts += 1;
    };
    flash.cutAfter(2, { kind: 'nothing' });
    flash.write(Uint8Array.of(1), 0);
    flash.eraseBlock(1);
    flash.read(new Uint8Array(1), 0);
    expect(() => flash.write(Uint8Array.of(2), 1)).toThrow(PowerCut);
    expect(flash.powered).toBe(false);
    expect(() => flash.read(new Uint8Array(1), 0)).toThrow(PowerCut);
    expect(() => flash.write(Uint8Array.of(2), 1)).toThrow(PowerCut);
    expect(() => flash.eraseBlock(0)).toThrow(PowerCut);
    flash.powerUp();
    expect(readBack(flash, 0, 2)).toEqual([1, 0xff]);
    expect(cuts).toBe(1);
  });

  it('does not tear a program like an erase', () => {
    const flash = newFlash();
    flash.cutAfter(0, { kind: 'headerKept' });
    expect(() => flash.write(Uint8Array.of(1), 0)).toThrow("cannot tear as 'headerKept'");
    flash.cutAfter(0, { kind: 'prefix', bytes: 1 });
    expect(() => flash.eraseBlock(0)).toThrow("cannot tear as 'prefix'");
  });

  it('tears whatever it hits when any tear will do', () => {
    for (let seed = 0; seed < 50; seed++) {
      const flash = newFlash(seed);
      cut(flash, { kind: 'any' }, () => flash.write(new Uint8Array(32), 0));
      cut(flash, { kind: 'any' }, () => flash.eraseBlock(0));
    }
  });
});

describe('other faults', () => {
  it('a stuck bit is cleared by no program', () => {
    const flash = newFlash();
    flash.stickBit(5, 3);
    flash.write(new Uint8Array(8), 0);
    expect(readBack(flash, 4, 3)).toEqual([0, 0b1000, 0]);
  });

  it('a silently failing erase does half of the block', () => {
    const flash = newFlash();
    flash.write(new Uint8Array(BLOCK), BLOCK);
    flash.failEraseSilently(1);
    flash.eraseBlock(1);
    expect(readBack(flash, BLOCK, BLOCK)).toEqual([...filled(BLOCK / 2, 0xff), ...filled(BLOCK / 2, 0)]);
    flash.failEraseSilently(1, false);
    flash.eraseBlock(1);
    expect(readBack(flash, BLOCK, BLOCK)).toEqual(filled(BLOCK, 0xff));
  });

  it('one call may throw, without effect', () => {
    const flash = newFlash();
    flash.throwAfter(1);
    flash.write(Uint8Array.of(1), 0);
    expect(() => flash.write(Uint8Array.of(2), 1)).toThrow('flash program failed at 1');
    flash.write(Uint8Array.of(3), 2);
    flash.throwAfter(0);
    expect(() => flash.eraseBlock(0)).toThrow('flash erase failed');
    expect(readBack(flash, 0, 3)).toEqual([1, 0xff, 3]);
    flash.throwOnReadAfter(1);
    readBack(flash, 0, 1);
    expect(() => readBack(flash, 0, 1)).toThrow('flash read failed');
    readBack(flash, 0, 1);
  });

  it('cells rot, and blocks turn up in the place of others', () => {
    const flash = newFlash();
    flash.write(Uint8Array.of(0), 0);
    flash.rot(0, Uint8Array.of(0xa5));
    flash.copyBlock(0, 3);
    expect(readBack(flash, 3 * BLOCK, 2)).toEqual([0xa5, 0xff]);
  });
});

describe('bookkeeping', () => {
  it('counts operations, bytes and wear', () => {
    const flash = newFlash();
    flash.write(new Uint8Array(3), 0);
    flash.write(new Uint8Array(2), 10);
    flash.eraseBlock(0, 2);
    flash.eraseBlock(1);
    flash.read(new Uint8Array(7), 0);
    const { programs, programmedBytes, erases, reads, readBytes } = flash;
    expect({ programs, programmedBytes, erases, reads, readBytes }).toEqual({
      programs: 2,
      programmedBytes: 5,
      erases: 3,
      reads: 1,
      readBytes: 7,
    });
    expect([...flash.wear]).toEqual([1, 2, 0, 0]);
  });

  it('shows each program and erase before it happens, in a state that can be forked', () => {
    const flash = newFlash();
    const seen: FlashOperation['kind'][] = [];
    const before: number[] = [];
    flash.trace = (operation) => {
      seen.push(operation.kind);
      const fork = flash.fork(1);
      before.push(readBack(fork, 0, 1)[0] as number);
      if (operation.kind === 'program') fork.write(operation.buffer, operation.offset);
      expect(readBack(flash, 0, 1)).toEqual([before.at(-1)]);
    };
    flash.write(Uint8Array.of(7), 0);
    flash.eraseBlock(0);
    expect(seen).toEqual(['program', 'erase']);
    expect(before).toEqual([0xff, 7]);
  });

  it('forks into parts that go their own ways, weak cells, bad cells and wear included', () => {
    const flash = newFlash();
    flash.eraseBlock(2);
    flash.stickBit(100, 0);
    cut(flash, { kind: 'complete', weak: 'all' }, () => flash.write(new Uint8Array(32), 0));
    const one = flash.fork(5);
    const same = flash.fork(5);
    const other = flash.fork(6);
    for (const fork of [one, same, other]) {
      expect(fork.image()).toEqual(flash.image());
      fork.powerUp();
      fork.write(Uint8Array.of(0), 100);
      expect(readBack(fork, 100, 1)).toEqual([1]);
    }
    expect(one.image()).toEqual(same.image());
    expect(one.image()).not.toEqual(other.image());
    expect([...one.wear]).toEqual([0, 0, 1, 0]);
    expect(one.programs).toBe(1);
    expect(readBack(flash, 100, 1)).toEqual([0xff]);
  });

  it('leaves the weak cells of the original alone when a fork firms its own', () => {
    const flash = newFlash();
    cut(flash, { kind: 'nothing', weak: 'all' }, () => flash.write(new Uint8Array(32), 0));
    const before = flash.image();
    flash.fork(1).eraseBlock(0);
    flash.powerUp();
    expect(flash.image()).not.toEqual(before);
  });

  it('forks failing blocks and missing power too', () => {
    const flash = newFlash();
    flash.write(new Uint8Array(BLOCK), 0);
    flash.failEraseSilently(0);
    const fork = flash.fork(1);
    fork.eraseBlock(0);
    expect(readBack(fork, BLOCK - 1, 1)).toEqual([0]);
    flash.powerDown();
    expect(flash.fork(1).powered).toBe(false);
  });

  it('calls off at power-up what has not struck yet', () => {
    const flash = newFlash();
    flash.cutAfter(0, { kind: 'any' });
    flash.throwAfter(0);
    flash.throwOnReadAfter(0);
    flash.powerUp();
    flash.write(Uint8Array.of(1), 0);
    expect(readBack(flash, 0, 1)).toEqual([1]);
  });

  it('starts from an image, and does not keep hold of it', () => {
    const image = new Uint8Array(4 * BLOCK).fill(3);
    const flash = SimFlash.fromImage(image, { blocks: 4, blockLength: BLOCK, random: seededRandom(1) });
    image.fill(0);
    expect(readBack(flash, 0, 2)).toEqual([3, 3]);
    expect(() => SimFlash.fromImage(image, { blocks: 4, random: seededRandom(1) })).toThrow(RangeError);
  });
});

describe('encrypted flash', () => {
  const newEncrypted = () => new SimFlash({ blocks: 2, blockLength: BLOCK, encrypted: true, random: seededRandom(1) });
  const unit = new Uint8Array(16).fill(0x42);

  it('tells that it is written in units and erases to noise', () => {
    const status = newEncrypted().status();
    expect(status.writeAlign).toBe(16);
    expect('eraseValue' in status && status.eraseValue).toBeUndefined();
  });

  it('reads as noise where it is erased, other noise after each erase', () => {
    const flash = newEncrypted();
    const first = readBack(flash, 0, BLOCK);
    expect(new Set(first).size).toBeGreaterThan(100);
    expect(readBack(flash, 0, BLOCK)).toEqual(first);
    flash.eraseBlock(0);
    expect(readBack(flash, 0, BLOCK)).not.toEqual(first);
  });

  it('is written once', () => {
    const flash = newEncrypted();
    flash.write(unit, 32);
    expect(readBack(flash, 32, 16)).toEqual([...unit]);
    expect(() => flash.write(unit, 32)).toThrow('write-once violation: the unit at 32');
    expect(() => flash.write(new Uint8Array(32), 16)).toThrow('write-once violation: the unit at 32');
    flash.write(unit, 16);
    flash.eraseBlock(0);
    flash.write(unit, 32);
  });

  it.each([8, 17])('refuses a write that is not aligned: %i', (offset) => {
    expect(() => newEncrypted().write(unit, offset)).toThrow(RangeError);
    expect(() => newEncrypted().write(new Uint8Array(8), 0)).toThrow(RangeError);
  });

  it('garbles the unit in which a program was torn, and that one counts as programmed', () => {
    const flash = newEncrypted();
    const data = new Uint8Array(48).fill(0x42);
    cut(flash, { kind: 'prefix', bytes: 20 }, () => flash.write(data, 0));
    expect(readBack(flash, 0, 16)).toEqual([...unit]);
    expect(readBack(flash, 16, 16)).not.toEqual([...unit]);
    expect(() => flash.write(unit, 16)).toThrow('write-once violation');
    flash.write(unit, 32);

    cut(flash, { kind: 'suffix', bytes: 20 }, () => flash.write(data, 64));
    expect(readBack(flash, 96, 16)).toEqual([...unit]);
    expect(() => flash.write(unit, 80)).toThrow('write-once violation');
    flash.write(unit, 64);
  });

  it('knows every tear of a program and of an erase', () => {
    for (const tear of programTears(48)) {
      const flash = newEncrypted();
      cut(flash, tear, () => flash.write(new Uint8Array(48), 0));
    }
    for (const tear of eraseTears()) {
      const flash = newEncrypted();
      flash.write(unit, 0);
      cut(flash, tear, () => flash.eraseBlock(0));
      const kept = tear.kind === 'nothing' || tear.kind === 'headerKept';
      const isThere = JSON.stringify(readBack(flash, 0, 16)) === JSON.stringify([...unit]);
      if (tear.weak === undefined) expect(isThere).toBe(kept);
    }
  });

  it('reads weak units as they were programmed at one power-up, and as noise at another, until they are erased', () => {
    const flash = newEncrypted();
    cut(flash, { kind: 'complete', weak: 'all' }, () => flash.write(unit, 32));
    const readings = new Set<string>();
    for (let boot = 0; boot < 20; boot++) {
      flash.powerUp();
      readings.add(JSON.stringify(readBack(flash, 32, 16)));
    }
    expect(readings).toContain(JSON.stringify([...unit]));
    expect(readings.size).toBeGreaterThan(5);
    expect(() => flash.write(unit, 32)).toThrow('write-once violation');
    flash.eraseBlock(0);
    flash.write(unit, 32);
    flash.powerUp();
    expect(readBack(flash, 32, 16)).toEqual([...unit]);
  });

  it('makes noise of what is programmed where an erase silently failed', () => {
    const flash = newEncrypted();
    flash.write(unit, 0);
    flash.write(unit, BLOCK - 16);
    flash.failEraseSilently(0);
    flash.eraseBlock(0);
    expect(readBack(flash, BLOCK - 16, 16)).toEqual([...unit]);
    flash.write(unit, 0);
    flash.write(unit, BLOCK - 16);
    expect(readBack(flash, 0, 16)).toEqual([...unit]);
    expect(readBack(flash, BLOCK - 16, 16)).not.toEqual([...unit]);
  });
});

function filled(length: number, value: number): number[] {
  return new Array(length).fill(value);
}

function zeroBits(value: number): number {
  let count = 0;
  for (let bit = 0; bit < 8; bit++) if (((value >> bit) & 1) === 0) count += 1;
  return count;
}
