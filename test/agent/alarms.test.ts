import { Alarms } from '../../src/agent/alarms.js';
import { type AlarmLimits, parseConfiguration } from '../../src/agent/configuration.js';

type Change = [channel: number, state: string, value: number];

function changesOf(alarms: Alarms, values: readonly (number | undefined)[]): Change[] {
  const changes: Change[] = [];
  alarms.check(values, (channel, state, value) => changes.push([channel, state, value]));
  return changes;
}

/** The states that a channel with these limits takes, one value after the other; "" where nothing changes. */
function course(limits: Partial<AlarmLimits>, values: readonly (number | undefined)[]): string[] {
  const alarms = new Alarms([{ alarm: { hysteresis: 0, ...limits } }]);
  return values.map((t) => changesOf(alarms, [t])[0]?.[1] ?? '');
}

describe('an alarm', () => {
  it('is raised when the value is beyond the limit, not when it is at it', () => {
    expect(course({ above: 40 }, [39, 40, 40.1, 41])).toEqual(['', '', 'above', '']);
    expect(course({ below: 4 }, [5, 4, 3.9, 3])).toEqual(['', '', 'below', '']);
  });

  it('is cleared when the value has come back by the hysteresis', () => {
    expect(course({ above: 40, hysteresis: 2 }, [41, 39, 38.1, 38, 39, 40, 41])).toEqual([
      'above',
      '',
      '',
      'clear',
      '',
      '',
      'above',
    ]);
    expect(course({ below: 4, hysteresis: 2 }, [3, 5.9, 6, 5])).toEqual(['below', '', 'clear', '']);
  });

  it('without hysteresis is cleared at the limit', () => {
    expect(course({ above: 0 }, [0, 1, 0, 1])).toEqual(['', 'above', 'clear', 'above']);
  });

  it('can go from one limit straight to the other', () => {
    expect(course({ above: 40, below: 4, hysteresis: 36 }, [41, 3, 41, 10, 4])).toEqual([
      'above',
      'below',
      'above',
      '',
      'clear',
    ]);
  });

  it('is not changed by a value that is missing', () => {
    expect(course({ above: 40 }, [undefined, 41, undefined, 41, 39])).toEqual(['', 'above', '', '', 'clear']);
  });

  it('is told with the channel and the value, for each channel of its own', () => {
    const alarm = { above: 40, hysteresis: 0 };
    const alarms = new Alarms([{ alarm }, {}, { alarm }]);
    expect(changesOf(alarms, [1, 50, 41.5])).toEqual([[2, 'above', 41.5]]);
    expect(changesOf(alarms, [42, 50, 40])).toEqual([
      [0, 'above', 42],
      [2, 'clear', 40],
    ]);
  });

  it('that could not be kept is told again at the next check', () => {
    const alarms = new Alarms([{ alarm: { above: 40, hysteresis: 0 } }]);
    const refuse = () => {
      throw new Error('flash');
    };
    expect(() => alarms.check([41], refuse)).toThrow('flash');
    expect(changesOf(alarms, [42])).toEqual([[0, 'above', 42]]);
  });
});

describe('the limits of a channel', () => {
  function channelWith(alarm: unknown) {
    const channels = [{ name: 'temperature' }, { name: 'humidity', alarm }];
    const sensors = [{ name: 'air', driver: 'sht3x', channels }];
    return parseConfiguration({ broker: { host: 'b' }, sensors }, 'hardware').sensors[0]?.channels[1];
  }

  it('are one or both, without hysteresis by default', () => {
    expect(channelWith({ above: 40 })?.alarm).toEqual({ above: 40, hysteresis: 0 });
    expect(channelWith({ above: 40, below: -4.5, hysteresis: 0.5 })?.alarm).toEqual({
      above: 40,
      below: -4.5,
      hysteresis: 0.5,
    });
    expect(channelWith(undefined)?.alarm).toBeUndefined();
  });

  it.each([
    [{}, 'expected at least one of above and below'],
    [{ hysteresis: 1 }, 'expected at least one of above and below'],
    [{ above: 4, below: 40 }, '.above: expected more than below, which is 40, found 4'],
    [{ above: 4, below: 4 }, '.above: expected more than below, which is 4, found 4'],
    [{ above: 8, below: 4, hysteresis: 5 }, '.hysteresis: expected at most 4, the distance of the limits, found 5'],
    [{ above: 8, hysteresis: -1 }, '.hysteresis: expected a number from 0 to Infinity, found -1'],
    [{ above: '8' }, '.above: expected a number from -Infinity to Infinity, found "8"'],
    [{ over: 8 }, '.over: unknown key, expected one of above, below, hysteresis'],
  ])('%j are refused: %s', (alarm, sentence) => {
    const path = 'sensors[0].channels[1].alarm';
    expect(() => channelWith(alarm)).toThrow(sentence.startsWith('.') ? path + sentence : `${path}: ${sentence}`);
  });
});
