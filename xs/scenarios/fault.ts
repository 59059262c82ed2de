/** Dies in the way that setting `fault` names; of `list` it does not. */
import { bytes, date, iterator, list, map, pattern } from './preloaded.js';

const faults: { readonly [name: string]: () => void } = {
  memory: () => {
    const kept: Uint8Array[] = [];
    for (;;) kept.push(new Uint8Array(100));
  },
  slots: () => {
    let list: object = {};
    for (;;) list = { list };
  },
  stack: function deeper(): void {
    deeper();
    native.trace('not reached');
  },
  exception: () => {
    native.setTimer(function throwing() {
      throw new RangeError('on purpose');
    }, 10);
  },
  rejection: () => {
    Promise.reject(new Error('on purpose'));
  },
  bytes: () => {
    bytes[0] = 1;
  },
  map: () => {
    map.set('key', 2);
  },
  list: () => {
    list.push(4);
    native.trace(list.join());
  },
  pattern: () => {
    pattern.exec('banana');
  },
  date: () => {
    date.setTime(1);
  },
  iterator: () => {
    iterator.next();
  },
  builtIn: () => {
    (Array.prototype as { first?: number }).first = 1;
  },
  computation: () => {
    for (;;);
  },
  module: () => {
    throw new TypeError('while the program is imported');
  },
};

(faults[native.setting('fault') as string] as () => void)();
