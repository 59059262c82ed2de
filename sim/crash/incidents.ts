/**
 * Bugs that the outbox, or the design it began from, once had: the way into each, as a script with question marks. A mark stands
 * for the operation in which the power is cut, or for what weak cells read; each is tried in many ways, since a script that
 * names one operation stops leading there as soon as the outbox does one operation more. For the same reason a count of steps can be
 * a range, as in `append*40-50`.
 */
import type { Random } from '../../hal/contract.js';
import { integerBelow, seededRandom } from '../../hal/sim/random.js';
import { replay, type Violation } from './explorer.js';
import { parseScript } from './script.js';
import type { OpenOutbox } from './session.js';

export interface Incident {
  readonly name: string;
  readonly script: string;
  /** The cut may be in this operation, counted from 0, or in an earlier one. */
  readonly lastOperation: number;
}

export const incidents: readonly Incident[] = [
  {
    name: 'a number is given again after a torn record was delivered that had happened to read well',
    script: '4x512 seed:1 append*5 cut:0:complete-sparse:? append restart boot append restart*2',
    lastOperation: 0,
  },
  {
    name: 'an interrupted zeroing leaves weak cells in the 1 bits of a torn record, which then reads well for once',
    script: '4x512 seed:1 append cut:0:prefix-25:? append cut:?:suffix-4-sparse:? restart*3 append restart*3',
    lastOperation: 3,
  },
  {
    name: 'a torn record reads well at one boot, its zeroing is cut, and the next record stands on weak cells',
    script: '4x512 seed:1 append*3 cut:0:complete-sparse:? append cut:?:nothing-sparse:? restart*2 append*2 restart*4',
    lastOperation: 3,
  },
  {
    name: 'recovery stops at a torn copy of the last record, short of where an earlier recovery was cut',
    script:
      '4x512 seed:1 restart:20 append*3 cut:?:complete-sparse:? restart:20 cut:?:nothing-sparse:? restart:20 restart:20 ' +
      'append*2 restart*4',
    lastOperation: 5,
  },
  {
    name: 'a first header is cut and then unreadable, so is the one in the next block, and later both read well',
    script: '4x512 seed:1 cut:0:complete-sparse:? append cut:0:complete-sparse:? append append restart*5',
    lastOperation: 0,
  },
  {
    name: 'a header is cut and then unreadable, a record is torn in the old sector, and later both read well',
    script:
      '4x512 seed:1 append*44 cut:1:complete-sparse:? append boot cut:?:complete-sparse:? append boot append restart*5',
    lastOperation: 8,
  },
  {
    name: 'the copy of the last record opens a sector and is torn; the log goes on in the old one; later the copy reads well',
    script:
      '4x512 seed:1 append*11 restart:20 append*4 cut:3:complete-sparse:? restart:70 cut:2:prefix-5:? restart cut:?:prefix-26-sparse:? append append restart*3',
    lastOperation: 12,
  },
  {
    name: 'a sector is erased again in place, in vain, and a frame of the first attempt revives in it',
    script:
      '4x512 seed:1 append*11 boot cut:?:complete-sparse:? append boot cut:?:nothing-all:? append boot append*4 restart*3',
    lastOperation: 8,
  },
  {
    name: 'an acknowledged position is read at one boot, trusted, and gone at the next',
    script:
      '4x512 seed:1 append*9 take:6 release:3:oldest cut:0:complete-sparse:? release:1:oldest boot take:3 release:3:oldest restart',
    lastOperation: 0,
  },
  {
    name: 'the first program after an eviction is cut: what was released and not saved counts, and comes again, within bounds',
    script: '4x512 seed:1 append*39 take:6 release:6:oldest cut:?:any:? append*2 restart*2',
    lastOperation: 2,
  },
  {
    name: 'positions are saved beside a header that was unreadable at that time',
    script:
      '4x512 seed:1 append*40-60 cut:?:complete-sparse:? append boot take:1 release:1:oldest take:6 release:6:oldest restart',
    lastOperation: 1,
  },
  {
    name: 'a header that was passed over limits what is read',
    script:
      '4x512 seed:1 append*40-60 cut:?:complete-sparse:? append take:1 release:1:oldest take:5 append release:6:oldest restart*2',
    lastOperation: 1,
  },
  {
    name: 'a block that reads blank after its erase was cut has weak cells',
    script: '4x512 seed:1 append*48-66 cut:?:complete-sparse:? append*12 restart*4',
    lastOperation: 1,
  },
  {
    name: 'a batch is the last record at an unclean boot',
    script: '4x512 seed:1 append*3 batch:4:0 cut:?:any:? batch:3:0 restart*2 append*2 restart',
    lastOperation: 5,
  },
  {
    name: 'numbers are left out, and the power is cut before the first record behind them',
    script: '4x512 seed:1 append*3 drain cut:?:any:? batch:2:40 append restart batch:2:5 drain batch:3:300 restart',
    lastOperation: 3,
  },
  {
    name: 'numbers are left out behind a header that is unreadable at the next boot',
    script: '5x512 seed:1 append*6 restart drain cut:?:complete-sparse:? batch:1:4 append restart*3',
    lastOperation: 3,
  },
  {
    name: 'a gap is released beside a header that was unreadable at that time',
    script:
      '4x512 seed:1 batch:3:1 boot append*9 restart batch:1:8 append*6 restart*3 cut:?:complete-sparse:? append take:1 ' +
      'release:4:oldest boot append restart',
    lastOperation: 2,
  },
  {
    name: 'a batch is released in part',
    script: '4x512 seed:1 batch:4:0 batch:4:0 append take:1 release:3:part cut:?:any:? append*2 restart drain restart',
    lastOperation: 3,
  },
  {
    name: 'a gap is released, and the power is cut while that is saved',
    script:
      '4x512 seed:1 append*60-80 take:1 cut:?:any:? release:1:oldest append restart take:1 release:1:oldest restart drain restart',
    lastOperation: 1,
  },
  {
    name: 'a torn record reaches into a zone that recovery leaves alone',
    script: '4x512 seed:1 append*4 take:6 release:5:oldest cut:?:nothing-sparse:? append*3 restart*2',
    lastOperation: 1,
  },
  {
    name: 'a torn record is larger than all zones that recovery zeroes',
    script: '4x512 seed:1 boot:8 append*38-44 boot:77 cut:?:nothing-sparse:? append boot:8 append*6 restart*4',
    lastOperation: 7,
  },
  {
    name: 'the last frame is gone at the boot after a recovery that was cut',
    script:
      '4x512 seed:1 append restart cut:1:prefix-46-sparse:? append*2 release:3:oldest boot cut:?:nothing-sparse:? restart ' +
      'append*2 restart*2',
    lastOperation: 2,
  },
  {
    name: 'the last record is in the sector that has to go before the position after it can be saved',
    script: '3x512 seed:1 append*4 restart:72 append*3 cut:?:any:? append flush restart drain',
    lastOperation: 3,
  },
  {
    name: 'the first header throws, and what is tried then is cut',
    script: '4x512 seed:1 fail:0:any append cut:0:any:? append append restart*2',
    lastOperation: 0,
  },
  {
    name: 'the first header is cut again and again',
    script: '3x512 seed:1 cut:0:prefix-20:? append cut:0:prefix-20:? append cut:0:any:? append append restart*2',
    lastOperation: 0,
  },
  {
    name: 'the first header is cut and reads blank, and the next session has another largest payload',
    script: '4x512 seed:1 boot:8 cut:0:nothing-sparse:? append boot:77 append restart*3',
    lastOperation: 0,
  },
  {
    name: 'a flash call throws while the last record is written again in a new sector',
    script: '4x512 seed:1 append*11 boot fail:?:any append*2 drain restart',
    lastOperation: 8,
  },
  {
    name: 'a read throws while the reader enters a sector',
    script:
      '4x512 seed:1 append*40 rewind take:6 release:6:oldest take:6 release:6:oldest failRead:? take:6 release:6:oldest take:6 inspect',
    lastOperation: 4,
  },
  {
    name: 'a look ahead shows a record that is held back',
    script: '3x512 seed:1 boot:77 append*5 restart:77 restart:77 boot:77 look:6 take:1',
    lastOperation: 0,
  },
  {
    name: 'power cuts use up the room for positions of a full log while it is drained',
    script:
      '4x512 seed:1 append*60 restart take:1 release:1:oldest take:3 release:3:oldest restart*2 take:5 release:5:oldest restart*2 take:5 ' +
      'release:5:oldest cut:?:any:? restart*2 take:5 release:5:oldest restart*2 drain',
    lastOperation: 12,
  },
  {
    name: 'a session with a smaller largest payload writes a longer last record again',
    script: '4x512 seed:1 restart:77 append*8 cut:?:any:? restart:8 restart:8 append*20 restart',
    lastOperation: 5,
  },
  {
    name: 'numbers left out by a header that was cut are given after all, up to the very one it begins with',
    script:
      '4x1024 seed:1008 cut:2:complete-sparse:1258202052 batch:4:4 cut:2:prefix-18-sparse:1055844223 append*2 batch:1:5 append*2 restart',
    lastOperation: 0,
  },
  {
    name: 'a read throws while an append opens a sector; positions are saved before, in the sector that it leaves',
    script:
      '4x512 seed:1 append*10 batch:3:3 append*2 boot append*2 restart:58 append*2 restart*2 failRead:? append drain restart',
    lastOperation: 5,
  },
  {
    name: 'a gap takes the place of a record whose release was forgotten, and what was released behind it comes again',
    script:
      '5x512 seed:126 append*5 restart append*4 batch:2:6 batch:4:6 append*2 restart take:3 append*6 take:2 append*2 release:5:oldest ' +
      'append*7 restart*2 take:4 append*3 batch:4:6 append maintain append*3 release:1:oldest batch:1:6 boot look:2 append look:4 ' +
      'release:2:newest restart',
    lastOperation: 0,
  },
  // Flash that is written once
  {
    name: 'a torn record of an encrypted log reads well again below the sector that gave its number to another',
    script: '8x512/32 seed:1 append*2 cut:0:complete-sparse:? append*2 restart',
    lastOperation: 0,
  },
  {
    name: 'an encrypted log goes on behind a header that is gone at the next boot',
    script: '8x512/32 seed:1 append cut:0:suffix-29-sparse:? append cut:1:complete-sparse:? restart append restart*2',
    lastOperation: 0,
  },
  {
    name: 'the last record is written again in a sector whose header is torn, behind one without frames',
    script: '8x1024/32 seed:1 append cut:2:complete-sparse:? restart cut:?:prefix-3-sparse:? restart*3',
    lastOperation: 2,
  },
  {
    name: 'a frame that a flash call left reads well in a sector that was taken for unused',
    script:
      '8x512/32 seed:1 append*2 cut:?:prefix-30-sparse:? append cut:?:suffix-10-sparse:? append cut:0:headerKept-sparse:? restart*3',
    lastOperation: 3,
  },
  {
    name: 'one frame without a header is left of a session that was cut while it opened a sector',
    script:
      '9x512/32 seed:1 append cut:0:complete-sparse:? append cut:2:complete-sparse:? append cut:0:headBlank-all:? restart append restart',
    lastOperation: 0,
  },
  {
    name: 'a header that reads well for one boot stands between two sectors of an encrypted log',
    script:
      '10x512/32 seed:1 append*2 cut:0:prefix-59-sparse:? append cut:2:prefix-29-sparse:? append cut:0:zero-all:? append*2 restart*2',
    lastOperation: 0,
  },
  {
    name: 'a sector is opened once more, in vain, and what stood there before comes back above new records',
    script:
      '9x512/32 seed:1 cut:2:suffix-24-sparse:? append cut:2:complete-sparse:? append cut:0:random-all:? append*2 restart*2',
    lastOperation: 0,
  },
  {
    name: 'erasing a sector that was ignored is cut, and it comes back above new records',
    script:
      '8x1024/16 seed:1 append*11 batch:1:4 append*2 boot cut:2:prefix-16-sparse:? append cut:2:prefix-39-sparse:? append cut:0:nothing-sparse:? ' +
      'restart append restart*2',
    lastOperation: 0,
  },
  {
    name: 'a sector that was passed over begins with a lower number than the one before it ends with',
    script:
      '8x512/16 seed:1 append cut:0:complete-sparse:? append cut:2:complete-sparse:? restart cut:2:suffix-43-sparse:? restart append restart*2',
    lastOperation: 0,
  },
  {
    name: 'reading begins in a sector that was passed over',
    script:
      '9x512/32 seed:1 append cut:0:complete-sparse:? append cut:1:suffix-19-sparse:? restart cut:2:prefix-18-sparse:? take:5 append restart*2',
    lastOperation: 0,
  },
  {
    name: 'a record that a flash call left is read behind the end that a sector had when reading it began',
    script: '8x512/16 seed:1 batch:4:8 take:2 append release:3:oldest failRead:? take:1 append*2 take:6',
    lastOperation: 4,
  },
  {
    name: 'numbers are left out behind a header that is then passed over',
    script: '10x512/32 seed:1 cut:4:complete-all:? batch:2:6 append restart',
    lastOperation: 0,
  },
  {
    name: 'a sector that was passed over says that it begins with what is looked for',
    script: '9x1024/32 seed:1 batch:1:3 cut:0:complete-sparse:? append cut:2:complete-sparse:? restart append restart',
    lastOperation: 0,
  },
  {
    name: 'positions open a sector of an encrypted log, and the power goes',
    script:
      '9x512/32 seed:11 append*3 batch:1:7 append*5 take:6 append*2 release:4:oldest append take:3 append release:6:middle ' +
      'append*2 batch:2:1 append*5 batch:2:3 append*2 take:4 append*4 take:5 release:5:oldest append release:2:oldest ' +
      'append*5 take:6 release:4:middle append*2 release:3:part append*5 take:4 append*2 release:2:oldest append*5 restart:47 ' +
      'append batch:4:2 batch:2:1 append*3 restart batch:2:1 append*2 drain restart',
    lastOperation: 0,
  },
];

/** Plays an incident in `count` ways. The first violation. */
export function playIncident(incident: Incident, open: OpenOutbox, count: number): Violation | undefined {
  const random = seededRandom(incident.name.length);
  for (let played = 0; played < count; played++) {
    const script = parseScript(filled(incident, random));
    const message = replay(script, open);
    if (message !== undefined) return { message, script };
  }
  return undefined;
}

function filled({ script, lastOperation }: Incident, random: Random): string {
  return script
    .replaceAll(/(cut|fail|failRead):\?/g, (_, kind) => `${kind}:${integerBelow(random, lastOperation + 1)}`)
    .replaceAll(
      /\*(\d+)-(\d+)/g,
      (_, low, high) => `*${Number(low) + integerBelow(random, Number(high) - Number(low) + 1)}`,
    )
    .replaceAll('?', () => String(integerBelow(random, 0x7fffffff)));
}
