/** Stands in for "microseconds": gives Time a counter that begins with the program and never goes back. */
import FFI from 'mc/ffi';
import Time from 'time';

Object.defineProperty(Time, 'microseconds', {
  get: () => {
    // Modules are frozen, and nothing native can be called while they are; what is made at run time is kept here.
    const keeper = globalThis as { godwitNatives?: FFI };
    keeper.godwitNatives ??= new FFI();
    return keeper.godwitNatives.godwit_microseconds();
  },
});
