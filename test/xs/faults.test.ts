import { exitCodes, type XsEngine } from '../../xs/run.js';
import { describeOnXs, engine, withFolder } from './engine.js';

/** How a program that dies on XS tells why. */
describeOnXs('a fault on XS', () => {
  const dieOf = (fault: string) =>
    withFolder((storage) =>
      (engine as XsEngine).run({
        main: 'xs/scenarios/fault',
        preloads: ['xs/scenarios/preloaded'],
        storage,
        settings: { fault },
        staticBytes: 48 * 1024,
        byteCodesMax: 10_000_000,
      }),
    );

  it.each([
    ['memory', exitCodes.memoryFull, 'memory full', 'at memory (xs/scenarios/fault)'],
    ['slots', exitCodes.memoryFull, 'memory full', 'at slots (xs/scenarios/fault)'],
    ['stack', exitCodes.stackOverflow, 'stack overflow', 'at deeper (xs/scenarios/fault)'],
    ['exception', exitCodes.exception, 'unhandled exception', 'RangeError: on purpose\n at throwing'],
    ['rejection', exitCodes.rejection, 'unhandled rejection', 'Error: on purpose\n at rejection'],
    ['module', exitCodes.rejection, 'unhandled rejection', 'TypeError: while the program is imported\n at module'],
    ['computation', exitCodes.tooMuchComputation, 'too much computation', 'at computation (xs/scenarios/fault)'],
  ])('%s: has an exit code, a message and a JavaScript stack', async (fault, exitCode, message, stack) => {
    const outcome = await dieOf(fault);
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.errors).toContain(`xs: ${message}`);
    expect(outcome.errors).toContain(stack);
    expect(outcome.report?.exitCode).toBe(exitCode);
  });

  it.each([
    ['bytes', 'read-only buffer'],
    ['map', 'Map instance is read-only'],
    ['builtIn', 'not extensible'],
  ])('%s: what is preloaded cannot be written', async (fault, message) => {
    const { exitCode, errors } = await dieOf(fault);
    expect(exitCode).toBe(exitCodes.rejection);
    expect(errors).toContain(`TypeError: `);
    expect(errors).toContain(message);
  });

  it.each([
    ['pattern', 'at RegExp.prototype.exec (native)'],
    ['date', 'at Date.prototype.setTime (native)'],
    ['iterator', 'at Array Iterator.next (native)'],
  ])(
    '%s: what the engine itself would write in flash ends the device, with a JavaScript stack',
    async (fault, stack) => {
      const { exitCode, errors, report } = await dieOf(fault);
      expect(exitCode).toBe(exitCodes.preloadedWritten);
      expect(errors).toContain(
        `xs: preloaded state was written to: on a device it is in flash\n  ${stack}\n  at ${fault} `,
      );
      expect(report?.exitCode).toBe(exitCode);
    },
  );

  it('an array at module level is copied when it is written', async () => {
    expect(await dieOf('list')).toMatchObject({ exitCode: exitCodes.ended, output: '1,2,3,4\n' });
  });
});
