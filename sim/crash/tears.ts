/** Which tears to try at a flash operation: every one that makes a difference, or a few of those that matter most. */
import type { Random } from '../../hal/contract.js';
import type { FlashOperation, SimFlash } from '../../hal/sim/flash.js';
import { integerBelow } from '../../hal/sim/random.js';
import { eraseTears, type ProgramTear, programTears, type Tear, tearProgram } from '../../hal/sim/tear.js';

/** Every tear, but of the programs that leave the same bytes only one. */
export function everyTear(flash: SimFlash, operation: FlashOperation): readonly Tear[] {
  if (operation.kind === 'erase') return eraseTears();
  const { offset, byteLength, buffer } = operation;
  const before = new Uint8Array(byteLength);
  flash.read(before, offset);
  const { eraseValue, writeAlign = 1 } = flash.status();
  const seen = new Set<string>();
  return programTears(byteLength).filter((tear) => {
    if (tear.kind === 'bits') return true;
    // In encrypted flash, where in its unit a program ends makes no difference.
    if (eraseValue === undefined && 'bytes' in tear && tear.bytes % writeAlign > 1) return false;
    const cells = before.slice();
    tearProgram(cells, buffer, tear, () => 0);
    const left = `${tear.weak} ${cells.join()}`;
    if (seen.has(left)) return false;
    seen.add(left);
    return true;
  });
}

/**
 * Some tears. The longer the way, the more it takes states that look whole and are not: programs and erases that were
 * complete, or nearly, but for one to three weak cells.
 */
export function drawTears(operation: FlashOperation, count: number, random: Random): Tear[] {
  const tears: Tear[] = [];
  const whole = Math.floor(count);
  const wanted = whole + (random() < count - whole ? 1 : 0);
  while (tears.length < wanted) {
    if (operation.kind === 'program' && random() < 0.4) tears.push(nearlyWhole(operation.byteLength, random));
    else tears.push(anyTear(operation, random));
  }
  return tears;
}

/** Whether the operation can end so. */
export function fits(tear: Tear, operation: FlashOperation): boolean {
  if (tear.kind === 'any' || tear.kind === 'nothing' || tear.kind === 'complete') return true;
  const isOfProgram = tear.kind === 'prefix' || tear.kind === 'suffix' || tear.kind === 'bits';
  return isOfProgram === (operation.kind === 'program');
}

function anyTear(operation: FlashOperation, random: Random): Tear {
  const all: readonly Tear[] = operation.kind === 'erase' ? eraseTears() : programTears(operation.byteLength);
  return all[integerBelow(random, all.length)] as Tear;
}

function nearlyWhole(byteLength: number, random: Random): ProgramTear {
  if (random() < 0.5) return { kind: 'complete', weak: 'sparse' };
  const kind = random() < 0.5 ? 'prefix' : 'suffix';
  return { kind, bytes: Math.max(0, byteLength - 1 - integerBelow(random, 8)), weak: 'sparse' };
}
