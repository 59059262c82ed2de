import { Scheduler, SimDevice, SimNetwork, seededRandom } from '../../hal/sim/sim.js';
import { restsAfterBrownOut } from '../../src/agent/brown-out.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A device on a supply that sags as soon as the program begins, `sags` times in all; then it carries. */
function runOn({ sags }: { sags: number }) {
  const scheduler = new Scheduler();
  const network = new SimNetwork({ scheduler, random: seededRandom(1) });
  const device = new SimDevice({ scheduler, link: network.link(), seed: 1 });
  const began: number[] = [];
  let left = sags;
  const boot = () => {
    const { system, clock } = device.hal;
    if (restsAfterBrownOut(system, clock)) return;
    began.push(scheduler.now / SECOND);
    if (left-- > 0) brownOut();
  };
  const brownOut = () => {
    device.reboot('brown-out');
    boot();
  };
  device.onWake = boot;
  boot();
  return { scheduler, device, began, brownOut };
}

describe('a device whose supply sags', () => {
  it('begins at once when it did not', () => {
    const { began } = runOn({ sags: 0 });
    expect(began).toEqual([0]);
  });

  it('sleeps first, twice as long each time, before it begins again', () => {
    const { scheduler, began } = runOn({ sags: 4 });
    scheduler.runUntil(60 * MINUTE);
    expect(began).toEqual([0, 10, 30, 70, 150]);
  });

  it('never sleeps for more than an hour', () => {
    const { scheduler, began } = runOn({ sags: 20 });
    scheduler.runUntil(20 * 60 * MINUTE);
    const pauses = began.slice(1).map((at, i) => at - (began[i] as number));
    expect(Math.max(...pauses)).toBe(3600);
    expect(began.length).toBeGreaterThan(20);
  });

  it('forgets it once a boot has lasted ten minutes', () => {
    const { scheduler, began, brownOut } = runOn({ sags: 4 });
    scheduler.runUntil(20 * MINUTE);
    brownOut();
    scheduler.runUntil(30 * MINUTE);
    expect(began[5]).toBe(20 * 60 + 10);
  });

  it('remembers it when the next boot does not last', () => {
    const { scheduler, began, brownOut } = runOn({ sags: 2 });
    scheduler.runUntil(5 * MINUTE);
    brownOut();
    scheduler.runUntil(30 * MINUTE);
    expect(began[3]).toBe(5 * 60 + 40);
  });

  it('does not rest where the hardware cannot sleep, or cannot remember', () => {
    const { device } = runOn({ sags: 0 });
    const { system, clock } = device.hal;
    const { sleep: _sleep, ...sleepless } = { ...system, resetReason: 'brown-out' };
    const { retain: _retain, ...forgetful } = { ...system, resetReason: 'brown-out' };
    expect(restsAfterBrownOut(sleepless, clock)).toBe(false);
    expect(restsAfterBrownOut(forgetful, clock)).toBe(false);
  });
});
