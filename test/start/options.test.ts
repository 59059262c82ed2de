import { parseCommandLine, type StartOptions, UsageError } from '../../sim/start/options.js';

function optionsOf(...parameters: string[]): StartOptions {
  const command = parseCommandLine(parameters);
  if (command.name !== 'start') throw new Error(`this is ${command.name}`);
  return command.options;
}

describe('the command line', () => {
  it('needs nothing', () => {
    expect(parseCommandLine([])).toEqual({
      name: 'start',
      options: {
        broker: undefined,
        embeddedPort: undefined,
        sensors: undefined,
        replayFile: undefined,
        speed: 3600,
        configurationFile: undefined,
        devices: 1,
        engine: 'node',
        forSeconds: undefined,
        dataFolder: '.godwit',
        json: false,
      },
    });
    expect(parseCommandLine(['start'])).toEqual(parseCommandLine([]));
  });

  it('takes every option', () => {
    expect(
      optionsOf(
        ...['--port', '0', '--replay', 'a.csv', '--speed', '0.5', '--config', 'c.json', '--devices', '3'],
        ...['--engine', 'xs', '--for', '12.5', '--data', 'd', '--json'],
      ),
    ).toEqual({
      broker: undefined,
      embeddedPort: 0,
      sensors: 'replay',
      replayFile: 'a.csv',
      speed: 0.5,
      configurationFile: 'c.json',
      devices: 3,
      engine: 'xs',
      forSeconds: 12.5,
      dataFolder: 'd',
      json: true,
    });
  });

  it.each([
    ['mqtt://broker.example', 'broker.example', 1883, false, undefined, undefined],
    ['mqtt://broker.example:1884/', 'broker.example', 1884, false, undefined, undefined],
    ['mqtts://broker.example', 'broker.example', 8883, true, undefined, undefined],
    ['mqtt://field:p%40ss%3A@10.0.0.2:1', '10.0.0.2', 1, false, 'field', 'p@ss:'],
    ['mqtt://field@[::1]:1883', '::1', 1883, false, 'field', undefined],
  ])('takes the broker %s', (text, host, port, tls, user, password) => {
    expect(optionsOf('--broker', text).broker).toEqual({ host, port, tls, user, password });
  });

  it('asks for help or the version whatever else there is', () => {
    expect(parseCommandLine(['start', '--help'])).toEqual({ name: 'help' });
    expect(parseCommandLine(['--version', '--devices', 'x'])).toEqual({ name: 'version' });
  });
});

describe('a wrong command line is one sentence', () => {
  it.each([
    [['--fast'], "unknown option '--fast'"],
    [['--speed'], "option '--speed <value>' argument missing"],
    [['--json=yes'], "option '--json' does not take an argument"],
    [['stop'], 'unknown command "stop"'],
    [['start', 'now'], 'unexpected "now"'],
    [['--speed', 'fast'], '--speed is a number above 0 up to 1000000000, not "fast"'],
    [['--speed', '0'], '--speed is a number above 0'],
    [['--speed=-1'], '--speed is a number above 0'],
    [['--speed', '-1'], '--speed is a number above 0 up to 1000000000, not "-1"'],
    [['--replay', '--json'], "option '--replay' argument missing"],
    [['--speed', '0x10'], '--speed is a number above 0'],
    [['--speed', ''], '--speed is a number above 0'],
    [['--devices', '0'], '--devices is a whole number from 1 up to 1000, not "0"'],
    [['--devices', '2.5'], '--devices is a whole number from 1'],
    [['--devices', '1e9'], '--devices is a whole number from 1'],
    [['--for', 'NaN'], '--for is a number above 0'],
    [['--port', '65536'], '--port is a whole number from 0 up to 65535, not "65536"'],
    [['--sensors', 'magic'], '--sensors is replay or host, not "magic"'],
    [['--engine', 'v8'], '--engine is node or xs, not "v8"'],
    [['--engine', 'xs', '--devices', '101'], '--devices is a whole number from 1 up to 100, not "101"'],
    [['--sensors', 'host', '--replay', 'a.csv'], '--replay and --sensors host exclude each other'],
    [['--sensors', 'host', '--speed', '2'], '--speed and --sensors host exclude each other'],
    [['--broker', 'mqtt://a', '--port', '1'], '--port is the port of the own broker and excludes --broker'],
    [['--replay', ''], '--replay needs a file'],
    [['--broker', 'localhost'], 'not "localhost" (it is no URL)'],
    [['--broker', 'http://a'], 'not "http://a" (it does not begin with mqtt:// or mqtts://)'],
    [['--broker', 'mqtt://'], '(the host is missing)'],
    [['--broker', 'mqtt://a:99999'], '(it is no URL)'],
    [['--broker', 'mqtt://a:0'], '(the port is 0)'],
    [['--broker', 'mqtt://a/b'], '(something follows the port)'],
    [['--broker', 'mqtt://:secret@a'], 'not "mqtt://...@a" (there is a password without a user)'],
    [['--broker', 'mqtt://u%zz@a'], '(a % is not followed by two hexadecimal digits)'],
  ])('%j', (parameters, message) => {
    expect(() => parseCommandLine(parameters)).toThrow(UsageError);
    expect(() => parseCommandLine(parameters)).toThrow(message);
    expect(() => parseCommandLine(parameters)).toThrow(/^[^\n]*[^.]$/);
  });
});
