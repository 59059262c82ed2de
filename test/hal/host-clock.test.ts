import { HostClock } from '../../hal/host/host.js';

describe('the clock of a host', () => {
  it('sleeps through a delay longer than Node can take at once', async () => {
    const clock = new HostClock();
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on('warning', note);
    const timer = clock.setTimer(() => {}, 2 ** 40);
    await new Promise((resolve) => setImmediate(resolve));
    clock.clearTimer(timer);
    process.off('warning', note);
    // TimeoutOverflowWarning is what Node says when it turns a long delay into one of 1 ms.
    expect(warnings).toEqual([]);
  });

  it('runs the other timers when one of them throws', async () => {
    const clock = new HostClock();
    const caught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => caught.push(error.message));
    await new Promise<void>((resolve) => {
      clock.setTimer(() => {
        throw new Error('seen');
      }, 0);
      clock.setTimer(resolve, 0);
    });
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
    expect(caught).toEqual(['seen']);
  });
});
