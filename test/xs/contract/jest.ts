/**
 * As much of Jest as test/hal/contract.test.ts speaks, for an engine that has neither Jest nor Node. Prints one line of JSON
 * for each test: its name, and the message of what it threw.
 */

type Body = () => unknown;
type Rows<Row> = readonly Row[];

interface Test {
  readonly name: string;
  readonly body: Body;
}

const path: string[] = [];
const tests: Test[] = [];
const befores: Body[] = [];
const afters: Body[] = [];

function group(name: string, body: Body): void {
  path.push(name);
  body();
  path.pop();
}

function test(name: string, body: Body): void {
  tests.push({ name: [...path, name].join(' '), body });
}

export const describe = Object.assign(group, {
  each:
    <Row extends { readonly name: string }>(rows: Rows<Row>) =>
    (name: string, body: (row: Row) => void) => {
      for (const row of rows) group(name.replace('$name', row.name), () => body(row));
    },
});

export const it = Object.assign(test, {
  each:
    <Cells extends readonly [string, ...unknown[]]>(rows: Rows<Cells>) =>
    (name: string, body: (...cells: Cells) => unknown) => {
      for (const cells of rows) test(name.replace('%s', cells[0]), () => body(...cells));
    },
});

export function beforeEach(body: Body): void {
  befores.push(body);
}

export function afterEach(body: Body): void {
  afters.push(body);
}

/** Called by the last line of the bundle. */
export async function runTests(): Promise<void> {
  for (const { name, body } of tests) {
    let error: string | undefined;
    try {
      for (const before of befores) await before();
      await body();
      for (const after of afters) await after();
    } catch (thrown) {
      error = thrown instanceof Error ? `${thrown.message}\n${thrown.stack}` : String(thrown);
    }
    native.trace(JSON.stringify({ name, error }));
  }
  native.end();
}

Object.assign(globalThis, { runTests });

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return left.length === right.size && left.every(([key, value]) => isEqual(value, right.get(key)));
}

function require(isMet: boolean, actual: unknown, what: string, expected: unknown): void {
  if (!isMet) throw new Error(`${show(actual)} should ${what} ${show(expected)}`);
}

export function expect(actual: unknown) {
  const number = actual as number;
  return {
    toBe: (expected: unknown) => require(Object.is(actual, expected), actual, 'be', expected),
    toEqual: (expected: unknown) => require(isEqual(actual, expected), actual, 'equal', expected),
    toBeUndefined: () => require(actual === undefined, actual, 'be', undefined),
    toBeGreaterThan: (bound: number) => require(number > bound, actual, 'be greater than', bound),
    toBeGreaterThanOrEqual: (bound: number) => require(number >= bound, actual, 'be at least', bound),
    toThrow: (expected?: string | (new (message: string) => Error)) => {
      let thrown: unknown;
      try {
        (actual as Body)();
      } catch (error) {
        thrown = error;
      }
      const message = (thrown as Error | undefined)?.message ?? '';
      const isRight =
        typeof expected === 'string'
          ? message.includes(expected)
          : thrown !== undefined && (expected === undefined || thrown instanceof expected);
      require(isRight, message, 'be what is thrown:', typeof expected === 'string' ? expected : expected?.name);
    },
  };
}

/** Of Node's Buffer, what compares bytes. */
export const Buffer = {
  from: (bytes: ArrayLike<number>) => ({
    equals: (other: ArrayLike<number>) =>
      bytes.length === other.length && Array.prototype.every.call(bytes, (byte, i) => byte === other[i]),
  }),
  alloc: (byteLength: number, fill: number) => new Uint8Array(byteLength).fill(fill),
};
