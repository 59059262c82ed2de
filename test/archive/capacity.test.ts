import { SimFlash, seededRandom } from '../../hal/sim/sim.js';
import { weatherAt, weatherChannels } from '../../sim/input/weather.js';
import { openArchive } from '../../src/archive/archive.js';
import { packReading } from '../../src/reading/reading.js';

/** Three weeks at one reading in 10 s. */
const READINGS = 181_440;

describe('a megabyte in compact mode', () => {
  it('holds 188,974 readings of three channels, durable one by one: three weeks at one in 10 s, 5.55 bytes each', () => {
    const random = seededRandom(1);
    const flash = new SimFlash({ blocks: 256, random });
    const archive = openArchive(flash, 'compact', {});
    const bytes = new Uint8Array(64);
    const weather = seededRandom(2);
    let readings = 0;
    for (; archive.statistics().dropped === 0; readings++)
      archive.append(bytes.subarray(0, packReading(bytes, weatherAt(readings, weather), weatherChannels)), 0);
    expect(readings).toBeGreaterThan(READINGS);
    expect(readings).toBe(188_974);
    expect((256 * 4096) / readings).toBeLessThan(5.55);
  });
});
