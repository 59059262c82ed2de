/**
 * Faults put into the outbox on purpose, to see that the proof finds them: each is one text of `src/outbox` replaced by another.
 * A text that does not stand in its file exactly once is an error, so that this list cannot fall behind the code.
 *
 * `sim/mutants.ts` plays them all; a few of them are killed in every `npm test`.
 */

export interface Mutant {
  readonly name: string;
  /** In `src/outbox`. */
  readonly file: string;
  readonly text: string;
  readonly by: string;
  /** A second fault, by default in the same file, where two things each make good for the other. */
  readonly also?: { readonly file?: string; readonly text: string; readonly by: string };
  /** Why no test can find it. */
  readonly equivalent?: string;
}

export const mutants: readonly Mutant[] = [
  // What is read
  {
    name: 'a record is not checked',
    file: 'sectors.ts',
    text: 'if (this.#crc32c(buffer, at + 4, at + 8, sum) !== 0) continue;',
    by: '',
  },
  {
    name: 'the length of a record is not checked by itself',
    file: 'sectors.ts',
    text: 'if (buffer[at + 3] !== startSum(buffer, at, place)) continue;',
    by: '',
  },
  {
    name: 'a header is not checked',
    file: 'header.ts',
    text: 'if (crc32c(bytes, 0, CRC_AT, blockRegister(block)) !== view.getInt32(CRC_AT, true)) return undefined;',
    by: '',
  },
  {
    name: 'a header is not bound to its block',
    file: 'header.ts',
    text: 'return ~block;',
    by: 'return -1;',
  },
  {
    name: 'the block number of a header is not compared',
    file: 'boot.ts',
    text: 'header.sectorSequence % sectors.count === block',
    by: 'block >= 0',
    equivalent: 'the CRC of a header is bound to its block already',
  },
  {
    name: 'the CRC of a record is not bound to its place',
    file: 'frame.ts',
    text: 'crc32c(into, 0, 3, ~place)',
    by: 'crc32c(into, 0, 3, -1)',
    also: {
      file: 'sectors.ts',
      text: 'this.#crc32c(buffer, at, at + 3, ~place)',
      by: 'this.#crc32c(buffer, at, at + 3, -1)',
    },
  },
  {
    name: 'the CRC of a length is not bound to its place',
    file: 'frame.ts',
    text: '((place >> 8) * 31 + place * 7)',
    by: '0',
  },
  {
    name: 'the low byte of numbers wraps at 255',
    file: 'frame.ts',
    text: 'into[2] = sequence % 256;',
    by: 'into[2] = sequence % 255;',
  },
  {
    name: 'a record written again is taken for one 255 later',
    file: 'frame.ts',
    text: 'return ahead === 0xff ? running - 1 : running + ahead;',
    by: 'return running + ahead;',
  },
  {
    name: 'a frame that ends with its sector is not read',
    file: 'sectors.ts',
    text: 'this.frameSlots = Math.ceil(byteLength / slotBytes);',
    by: 'if (byteLength >= (this.slots - here) * slotBytes) continue; this.frameSlots = Math.ceil(byteLength / slotBytes);',
  },
  {
    name: 'the last slot of a sector is not read',
    file: 'sectors.ts',
    text: 'for (let here = slot; here < end; here++, from += slotBytes) {',
    by: 'for (let here = slot; here < Math.min(end, this.slots - 1); here++, from += slotBytes) {',
  },
  {
    name: 'a number beyond the base of the next sector is read',
    file: 'reader.ts',
    text: 'if (!isActive && sequence >= this.#limit) {',
    by: 'if (false) {',
  },
  {
    name: 'a failed read leaves the reader between two sectors',
    file: 'reader.ts',
    text: 'let limit: number | undefined;',
    by: 'this.#sector = sector; this.#slot = slot; this.#after = after; let limit: number | undefined;',
  },

  // Where a log stands at boot
  {
    name: 'the position in records is ignored',
    file: 'boot.ts',
    text: 'if ((second & 0x0f) !== LAG_NONE) cursor = Math.max(cursor, next - (second & 0x0f));',
    by: '',
  },
  {
    name: 'the position in ACK frames is ignored',
    file: 'boot.ts',
    text: 'cursor = Math.max(cursor, next - ackLag(buffer, at));',
    by: '',
  },
  {
    name: 'the count of dropped records in ACK frames is ignored',
    file: 'boot.ts',
    text: 'dropped = ackDropped(buffer, at);',
    by: '',
  },
  {
    name: 'a position that only the last frame knows is taken for saved',
    file: 'writer.ts',
    text: 'this.#savedCursor = standing.savedCursor;',
    by: 'this.#savedCursor = standing.cursor;',
  },
  {
    name: 'frames are not looked for beyond the newest header',
    file: 'boot.ts',
    text: 'if (!isOldLap && hasFrames(sectors, beyond)) scan(sectors, standing, beyond);',
    by: '',
  },
  {
    name: 'a header without frames is always believed',
    file: 'boot.ts',
    text: 'if (before.next > newest.base || isLeftOutAgain) return { ...before, ghost: newest };',
    by: '',
  },
  {
    name: 'a header that leaves out numbers is always believed',
    file: 'boot.ts',
    text: 'if (before.next > newest.base || isLeftOutAgain) return { ...before, ghost: newest };',
    by: 'if (before.next > newest.base) return { ...before, ghost: newest };',
  },
  {
    name: 'positions that only the sector before knows count as saved',
    file: 'boot.ts',
    text: 'standing.savedCursor = Math.min(before.cursor, standing.cursor);',
    by: 'standing.savedCursor = before.cursor; standing.savedDropped = before.dropped;',
  },
  {
    name: 'numbers are left out before it is saved that nothing is queued',
    file: 'writer.ts',
    text: 'if (!this.isSaved()) this.putAck(true);',
    by: '',
    equivalent: 'the header is ignored then at a boot without frames behind it, and no append behind it has returned',
  },
  {
    name: 'a header without frames is never believed',
    file: 'boot.ts',
    text: 'if (before.next > newest.base || isLeftOutAgain) return { ...before, ghost: newest };',
    by: 'return { ...before, ghost: newest };',
  },
  {
    name: 'positions saved beside a header without frames are ignored',
    file: 'boot.ts',
    text: 'if (before.cursor > standing.cursor) {',
    by: 'if (false) {',
  },
  {
    name: 'a block without header and frames is taken for the end of the log',
    file: 'boot.ts',
    text: 'if (sectors.findFrame(s, sectors.headerSlots) !== -1) scan(sectors, before, s);',
    by: 'scan(sectors, before, s);',
    equivalent: 'a block that was passed over had been erased, and frames behind a spoilt header count',
  },
  {
    name: 'the oldest sector with a header is taken for the oldest',
    file: 'boot.ts',
    text: 'if (lost === undefined && hasFrames(sectors, sector)) lost = sector;',
    by: '',
  },
  {
    name: 'the result of halving is not confirmed',
    file: 'boot.ts',
    text: 'if (following !== undefined) return isLapBehind(following, newest, 1) ? newest : undefined;',
    by: 'if (following !== undefined) return newest;',
    equivalent:
      'a wrong result takes a block that kept a whole header of an older lap while later ones were opened, which no fault leaves',
  },
  {
    name: 'anything in the place of a first header is taken for a torn one',
    file: 'header.ts',
    text: 'if (((bytes[i] as number) & (whole[i] as number)) !== whole[i]) return false;',
    by: '',
  },
  {
    name: 'what follows a torn first header is not looked at',
    file: 'boot.ts',
    text: 'sectors.isErased(block, sectors.headerSlots, sectors.slots - sectors.headerSlots) &&',
    by: '',
  },

  // Making an unclean end solid
  {
    name: 'nothing is zeroed after an unclean boot',
    file: 'writer.ts',
    text: 'if (!this.#isClear) this.clear();',
    by: '',
  },
  {
    name: 'zones that read zero are not zeroed again',
    file: 'writer.ts',
    text: '      if (!sectors.reads(0, this.active, slot, slots)) doubtful++;\n      sectors.zero(this.active, slot, slots);',
    by: '      if (!sectors.reads(0, this.active, slot, slots)) { doubtful++; sectors.zero(this.active, slot, slots); }',
    equivalent:
      'what reads zero holds a few weak cells at most, which make no frame; only the count of doubtful zones could be off, after a fourth cut',
  },
  {
    name: 'two zones are enough',
    file: 'writer.ts',
    text: 'const DOUBTFUL_ZONES = 3;',
    by: 'const DOUBTFUL_ZONES = 2;',
  },
  {
    name: 'one zone is enough',
    file: 'writer.ts',
    text: 'const DOUBTFUL_ZONES = 3;',
    by: 'const DOUBTFUL_ZONES = 1;',
  },
  {
    name: 'the last record is not written again',
    file: 'writer.ts',
    text: 'if (!this.putRecord(body, this.copySlots(), stream, sequence, mayEvict)) return false;',
    by: '',
  },
  {
    name: 'the last frame is not firmed up',
    file: 'writer.ts',
    text: 'if (this.#lastSlot > 0 && sectors.frame(this.active, this.#lastSlot))',
    by: 'if (false)',
  },
  {
    name: 'the last frame is not firmed up, and two zones are enough',
    file: 'writer.ts',
    text: 'if (this.#lastSlot > 0 && sectors.frame(this.active, this.#lastSlot))',
    by: 'if (false)',
    also: { text: 'const DOUBTFUL_ZONES = 3;', by: 'const DOUBTFUL_ZONES = 2;' },
  },
  {
    name: 'the last frame is not firmed up, and one zone is enough',
    file: 'writer.ts',
    text: 'if (this.#lastSlot > 0 && sectors.frame(this.active, this.#lastSlot))',
    by: 'if (false)',
    also: { text: 'const DOUBTFUL_ZONES = 3;', by: 'const DOUBTFUL_ZONES = 1;' },
  },
  {
    name: 'a header without frames is not firmed up',
    file: 'writer.ts',
    text: 'if (this.#lastSlot === 0) this.#sectors.firmUp(this.active, 0, this.#sectors.headerSlots);',
    by: 'if (this.#lastSlot === 0) {}',
  },
  {
    name: 'a header that was passed over stays readable',
    file: 'writer.ts',
    text: 'if (this.#ghost !== undefined) this.bury(this.#ghost);',
    by: '',
    equivalent:
      'the zones of recovery leave no room in the sector before, so that the one passed over is opened anew first; a second line of defence',
  },
  {
    name: 'of a sector that was passed over only the header is zeroed',
    file: 'writer.ts',
    text: 'sectors.zero(sectorSequence, sectors.headerSlots, Math.min(frameSlotsMax, sectors.slots - sectors.headerSlots));',
    by: '',
    equivalent:
      'a frame stands there only if recovery had no room for it in the sector before; it finds none the next time, and erases this one',
  },
  {
    name: 'the position in the last frame is not saved again',
    file: 'writer.ts',
    text: 'if ((needsFrame || !this.isSaved()) && !this.putAck(mayEvict)) return false;',
    by: '',
  },
  {
    name: 'the last record is handed out before it is solid',
    file: 'outbox.ts',
    text: 'if (end === writer.next && !isSolid) {',
    by: 'if (false) {',
  },
  {
    name: 'the last record is held back behind an ACK frame',
    file: 'writer.ts',
    text: 'return isDone || (this.#last !== undefined && this.#last.body === undefined);',
    by: 'return isDone;',
  },
  {
    name: 'the first header depends on the session',
    file: 'writer.ts',
    text: 'const header = firstHeader(sectors, block);',
    by: 'const header = { ...firstHeader(sectors, block), frameSlotsMax: this.#options.frameSlotsMax };',
  },
  {
    name: 'a look ahead shows a record that is held back',
    file: 'outbox.ts',
    text: 'if (end === this.#writer.next && !isSolid) return;',
    by: '',
  },
  {
    name: 'a flash call that threw leaves nothing in doubt',
    file: 'writer.ts',
    text: 'if (this.#isBusy) {',
    by: 'if (false) {',
  },
  {
    name: 'a sector that was opened for the last record takes others without it',
    file: 'writer.ts',
    text: 'if (this.#lastSlot === 0) this.#sectors.firmUp(this.active, 0, this.#sectors.headerSlots);',
    by: 'if (this.#lastSlot === 0) { this.#last = undefined; this.#sectors.firmUp(this.active, 0, this.#sectors.headerSlots); }',
  },

  // Programming
  {
    name: 'what is programmed is not read back',
    file: 'sectors.ts',
    text: 'if (changed !== 0) return false;',
    by: '{}',
  },
  {
    name: 'what was programmed is not checked when it has been fetched again',
    file: 'sectors.ts',
    text: 'this.#programmedFrom = -1;\n    this.#flash.read(bytes, from);',
    by: 'this.#flash.read(bytes, from);',
  },
  {
    name: 'a frame that does not read back is left as it is',
    file: 'writer.ts',
    text: 'sectors.zero(this.active, this.tail, slots);',
    by: '',
    equivalent: 'its checksum does not fit, and no bit of it is in doubt: the power did not go',
  },
  {
    name: 'a header that does not read back is left as it is',
    file: 'writer.ts',
    text: 'sectors.zero(target, 0, sectors.headerSlots);\n    }',
    by: '}',
  },
  {
    name: 'a frame may not end with its sector',
    file: 'writer.ts',
    text: 'tries < FRAME_TRIES && this.tail + slots <= sectors.slots; tries++',
    by: 'tries < FRAME_TRIES && this.tail + slots < sectors.slots; tries++',
  },
  {
    name: 'a record may run over the end of its sector',
    file: 'writer.ts',
    text: 'tries < FRAME_TRIES && this.tail + slots <= sectors.slots; tries++',
    by: 'tries < FRAME_TRIES && this.tail + slots <= sectors.slots + 1; tries++',
  },
  {
    name: 'a block that reads blank is not erased',
    file: 'writer.ts',
    text: 'if (erases > 0 || target !== this.#erasedAhead) sectors.erase(target);',
    by: 'if (!sectors.reads(0xff, target, 0, sectors.slots)) sectors.erase(target);',
  },
  {
    name: 'what was erased in advance counts as erased after a flash call threw',
    file: 'writer.ts',
    text: 'this.#erasedAhead = -1;',
    by: '',
  },
  {
    name: 'a block is erased in advance before it is saved that it is free',
    file: 'writer.ts',
    text: 'if (this.makeSolid(false) && (this.isSaved() || this.putAck(false)) && this.hasFreeVictim()) {',
    by: 'if (this.makeSolid(false) && this.hasFreeVictim()) {',
  },
  {
    name: 'a larger record goes into a sector whose zones are smaller',
    file: 'writer.ts',
    text: 'if (slots > this.#frameSlotsMax || this.tail',
    by: 'if (this.tail',
  },

  // Positions and eviction
  {
    name: 'saving a position may evict',
    file: 'writer.ts',
    text: 'const isDone = this.makeSolid(false) && (this.isSaved() || this.putAck(false));',
    by: 'const isDone = this.makeSolid(true) && (this.isSaved() || this.putAck(true));',
  },
  {
    name: 'handing out the last record may evict',
    file: 'writer.ts',
    text: 'const isDone = this.makeSolid(false);',
    by: 'const isDone = this.makeSolid(true);',
  },
  {
    name: 'a record carries a position past dropped numbers that nothing else tells of',
    file: 'writer.ts',
    text: 'lag < LAG_NONE && settlement.dropped === this.#savedDropped;',
    by: 'lag < LAG_NONE;',
  },
  {
    name: 'the books in an ACK frame are those from before the sector was opened',
    file: 'writer.ts',
    text: 'if (!this.#sectors.isWriteOnce) return true;',
    by: '',
  },
  {
    name: 'one release more than allowed is left unsaved',
    file: 'outbox.ts',
    text: 'if (writer.unsaved >= this.#unsavedMax) writer.save();',
    by: 'if (writer.unsaved > this.#unsavedMax) writer.save();',
  },
  {
    name: 'the largest lag of a record means none',
    file: 'frame.ts',
    text: 'export const LAG_NONE = 15;',
    by: 'export const LAG_NONE = 14;',
  },
  {
    name: 'nothing is given up in advance',
    file: 'writer.ts',
    text: 'if (mayEvict) this.settlement.floor = Math.max(this.settlement.floor, this.endOfVictim(target + 1));',
    by: 'if (mayEvict) this.settlement.floor = Math.max(this.settlement.floor, this.endOfVictim(target));',
  },
  {
    name: 'the header does not say what was given up',
    file: 'writer.ts',
    text: 'kept: base - Math.min(base, settlement.floor),',
    by: 'kept: base,',
  },
  {
    name: 'what was given up is not read from the header',
    file: 'boot.ts',
    text: 'floor: header.base - header.kept,',
    by: 'floor: 0,',
  },
  {
    name: 'an append goes on in a sector that a save has opened',
    file: 'writer.ts',
    text: 'return !this.#isVictimFree && !this.hasFreeVictim();',
    by: 'return false;',
  },
  {
    name: 'the sector after one that a save has opened is taken for free',
    file: 'writer.ts',
    text: 'this.#isVictimFree = mayEvict;',
    by: 'this.#isVictimFree = true;',
  },
  {
    name: 'an append is said not to evict though it gives up a sector',
    file: 'writer.ts',
    text: 'this.endOfVictim(this.active + 2) > this.begun;',
    by: 'this.endOfVictim(this.active + 1) > this.begun;',
  },

  // Gaps
  {
    name: 'an eviction settles what it evicts',
    file: 'writer.ts',
    text: 'if (mayEvict) this.settlement.floor = Math.max(this.settlement.floor, this.endOfVictim(target + 1));',
    by: "if (mayEvict) this.settlement.settle(0, this.endOfVictim(target + 1), 'dropped');",
  },
  {
    name: 'what was evicted before the boot is not noticed',
    file: 'boot.ts',
    text: 'standing.floor = Math.max(standing.floor, firstNumber(sectors, standing, standing.oldest));',
    by: 'standing.floor = 0;',
  },
  {
    name: 'the numbers of the oldest sector do not say what is gone',
    file: 'boot.ts',
    text: 'standing.floor = Math.max(standing.floor, firstNumber(sectors, standing, standing.oldest));',
    by: '',
  },
  {
    name: 'the numbers of a sector without header are those of the next one',
    file: 'reader.ts',
    text: 'return sequenceUpTo(sectors.buffer, sectors.at, end);',
    by: 'return end;',
  },
  {
    name: 'a gap ends in the record after it',
    file: 'outbox.ts',
    text: "if (sequence < floor) return { sequence, end: floor, reason: 'evicted' };",
    by: "if (sequence < floor) return { sequence, end: floor + 1, reason: 'evicted' };",
  },
  {
    name: 'a gap ends one number short',
    file: 'outbox.ts',
    text: "if (sequence < floor) return { sequence, end: floor, reason: 'evicted' };",
    by: "if (sequence + 1 < floor) return { sequence, end: floor - 1, reason: 'evicted' };",
  },
  {
    name: 'a gap begins one number late',
    file: 'outbox.ts',
    text: "if (sequence < floor) return { sequence, end: floor, reason: 'evicted' };",
    by: "if (sequence + 1 < floor) return { sequence: sequence + 1, end: floor, reason: 'evicted' };",
  },
  {
    name: 'what was evicted is not handed out',
    file: 'outbox.ts',
    text: "if (sequence < floor) return { sequence, end: floor, reason: 'evicted' };",
    by: '',
  },
  {
    name: 'a gap is handed out in which nothing was lost',
    file: 'outbox.ts',
    text: 'const sequence = settlement.unsettledFrom(reader.position);',
    by: 'const sequence = Math.max(reader.position, 0);',
  },
  {
    name: 'what is evicted after it was passed is not handed out',
    file: 'outbox.ts',
    text: 'if (reader.position < settlement.cursor || reader.position < floor) {',
    by: 'if (reader.position < settlement.cursor) {',
  },
  {
    name: 'what cannot be read is settled at once',
    file: 'outbox.ts',
    text: "if (found === 'lost') return { sequence, end, reason: 'unreadable' };",
    by: "if (found === 'lost') { writer.settlement.settle(sequence, end, 'dropped'); continue; }",
  },
  {
    name: 'what was released ahead is handed out again',
    file: 'outbox.ts',
    text: 'if (settlement.unsettledFrom(sequence) >= end) continue;\n      if (end',
    by: 'if (end',
  },
  {
    name: 'a gap that is released counts as delivered',
    file: 'outbox.ts',
    text: 'writer.settlement.settle(first, end, outcome);',
    by: "writer.settlement.settle(first, end, 'delivered');",
  },
  {
    name: 'a gap is settled one number too far',
    file: 'outbox.ts',
    text: 'writer.settlement.settle(first, end, outcome);',
    by: "writer.settlement.settle(first, outcome === 'dropped' ? end + 1 : end, outcome);",
  },
  {
    name: 'what was evicted counts as queued until it is released',
    file: 'settlement.ts',
    text: 'let gone = Math.max(0, this.floor - this.cursor);',
    by: 'let gone = 0;',
  },
  {
    name: 'what was released before it was evicted counts twice',
    file: 'settlement.ts',
    text: 'gone -= Math.max(0, Math.min(range.end, this.floor) - range.first);',
    by: '',
  },
  {
    name: 'the last record is passed over while it is made solid',
    file: 'outbox.ts',
    text: 'reader.back(found);',
    by: '',
  },
  {
    name: 'a gap counts as room that an eviction costs',
    file: 'writer.ts',
    text: 'return Math.max(this.settlement.cursor, this.settlement.floor);',
    by: 'return this.settlement.cursor;',
  },

  // Batches
  {
    name: 'a batch counts as one number',
    file: 'frame.ts',
    text: 'return (bytes[at + 1] as number) >= BATCH_SECOND ? (bytes[at + FRAME_OVERHEAD_BYTES] as number) : 1;',
    by: 'return 1;',
  },
  {
    name: 'a batch counts as one number at boot',
    file: 'boot.ts',
    text: 'next += isExpected ? 1 : countOf(buffer, at);',
    by: 'next++;',
  },
  {
    name: 'a batch counts as one number when it is read',
    file: 'reader.ts',
    text: 'end = sequence + countOf(buffer, at);',
    by: 'end = sequence + 1;',
  },
  {
    name: 'a batch counts as one number when it is appended',
    file: 'writer.ts',
    text: 'this.next = sequence + count;',
    by: 'this.next = sequence + 1;',
  },
  {
    name: 'a batch is written again under its last number',
    file: 'writer.ts',
    text: 'sequence: this.next - countOf(buffer, at),',
    by: 'sequence: this.next - 1,',
  },
  {
    name: 'a batch that was written again is taken for a later one',
    file: 'frame.ts',
    text: 'const isAgain = ahead + count === 0x1000000;',
    by: 'const isAgain = ahead + 1 === 0x1000000;',
  },
  {
    name: 'numbers that are left out are not settled',
    file: 'writer.ts',
    text: "this.settlement.settle(this.next, sequence, 'delivered');",
    by: '',
  },
  {
    name: 'numbers are left out without a header that says so',
    file: 'writer.ts',
    text: '    this.next = sequence;\n    this.roll(true, sequence, true);',
    by: '    this.next = sequence;',
    equivalent:
      'the batch that follows carries enough of its number, and the position, which leaves the others out as well',
  },
  {
    name: 'a header does not say that it leaves numbers out',
    file: 'writer.ts',
    text: '    this.roll(true, sequence, true);',
    by: '    this.roll(true, sequence);',
  },

  // Flash that is written once
  {
    name: 'a session goes on in the sector of an earlier one',
    file: 'writer.ts',
    text: 'if (!this.#isClear && !this.leave(mayEvict)) return false;',
    by: '',
  },
  {
    name: 'a session goes on below headers that were ignored',
    file: 'writer.ts',
    text: 'const target = (this.#ghost?.sectorSequence ?? this.active) + 1;',
    by: 'const target = this.active + 1;',
  },
  {
    name: 'a header without frames counts',
    file: 'boot.ts',
    text: 'if (standing.lastSlot === 0) continue;',
    by: '',
  },
  {
    name: 'no frame goes behind the header of a session that has nothing to write again',
    file: 'writer.ts',
    text: 'if ((needsFrame || !this.isSaved()) && !this.putAck(mayEvict)) return false;',
    by: 'if (!this.isSaved() && !this.putAck(mayEvict)) return false;',
  },
  {
    name: 'positions are saved in a header without a frame',
    file: 'writer.ts',
    text: 'if (!this.#sectors.isWriteOnce) return true;',
    by: 'return true;',
  },
  {
    name: 'a position that only a single frame knows is taken for saved',
    file: 'boot.ts',
    text: 'if (!hasTwoFrames(sectors, standing.active)) standing.savedCursor = -1;',
    by: '',
    equivalent: 'a start that appends saves all; one that does not may forget as much as a sector holds',
  },
  {
    name: 'sectors that were passed over belong to the log',
    file: 'chain.ts',
    text: 'return sector - 1 - (sectors.header(sector)?.skipped ?? 0);',
    by: 'return sector - 1;',
  },
  {
    name: 'a header does not say what it passes over',
    file: 'writer.ts',
    text: 'skipped: sectorSequence - 1 - this.active,',
    by: 'skipped: 0,',
  },
  {
    name: 'reading begins in a sector that was passed over',
    file: 'chain.ts',
    text: 'return before < oldest ? from : before;',
    by: 'return sector;',
  },
  {
    name: 'reading begins where a sector that was passed over says',
    file: 'reader.ts',
    text: '(this.#sectors.header(sector)?.base ?? 0) <= sequence',
    by: 'true',
  },
  {
    name: 'a sector ends where it did when reading it began',
    file: 'reader.ts',
    text: 'if (this.#active !== log.active) this.enter(this.#sector, this.#slot, this.#running);',
    by: '',
  },
  {
    name: 'a record is passed while others before it have not been handed out',
    file: 'reader.ts',
    text: 'if (this.position !== log.next - 1) return false;',
    by: 'if (this.position >= log.next) return false;',
  },
  {
    name: 'reading goes on before a record that was passed',
    file: 'reader.ts',
    text: 'this.#slot = log.tail;',
    by: '',
  },
  {
    name: 'reading goes on in the sector where it was when a record of the next one was passed',
    file: 'reader.ts',
    text: 'this.#sector = this.#after = this.#active = log.active;',
    by: '',
    equivalent: 'it takes a look at the rest of that sector, whose records were handed out',
  },
  {
    name: 'a sector whose next one has lost its header has no end',
    file: 'reader.ts',
    text: 'if (from === active) break;',
    by: 'break;',
    equivalent: 'a sector with frames has a solid header: it takes a damaged one, and a torn record before it',
  },
  {
    name: 'the first number of a sector without a header is below that of the next one',
    file: 'frame.ts',
    text: 'return end - ((end - (bytes[at + 2] as number)) & 0xff);',
    by: 'return end - 1 - ((end - 1 - (bytes[at + 2] as number)) & 0xff);',
  },
  {
    name: 'a partition may be encrypted and have three sectors',
    file: 'sectors.ts',
    text: 'const WRITE_ONCE_SECTORS_MIN = 8;',
    by: 'const WRITE_ONCE_SECTORS_MIN = 3;',
    equivalent: 'it takes a partition that is refused',
  },

  // The books
  {
    name: 'a number is settled twice',
    file: 'settlement.ts',
    text: 'const to = Math.min(end, range?.first ?? end);',
    by: 'const to = end;',
  },
];

/** What becomes of `source`, the text of `file`. Throws when a text of the mutant is not there, or there twice. */
export function mutate(source: string, mutant: Mutant, file: string = mutant.file): string {
  const { name, also } = mutant;
  let mutated = source;
  for (const part of also === undefined ? [mutant] : [mutant, { file: mutant.file, ...also }]) {
    if (part.file !== file) continue;
    const pieces = mutated.split(part.text);
    if (pieces.length !== 2)
      throw new Error(
        `the mutant "${name}" needs each text once in src/outbox/${file}, one stands there ${pieces.length - 1} times`,
      );
    mutated = pieces.join(part.by);
  }
  return mutated;
}
