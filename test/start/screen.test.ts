import type { WriteStream } from 'node:tty';
import { statusScreen } from '../../sim/start/screen.js';
import type { Status } from '../../sim/start/status.js';

const books = { sampled: 1, delivered: 1, queued: 0, dropped: 0, void: 0, next: 1, balanced: true };

function statusOf(connection: string): Status {
  const device = { name: 'device-1', online: true, connection, values: [], faults: [], books, engine: [] };
  return { broker: 'b', elapsedSeconds: 0, devices: [{ ...device, sampledPerSecond: 0, deliveredPerSecond: 0 }] };
}

function outputOf(terminal: Partial<WriteStream>): { output: WriteStream; written: string[] } {
  const written: string[] = [];
  const write = (text: string) => written.push(text) > 0;
  return { output: { ...terminal, write } as unknown as WriteStream, written };
}

describe('on a terminal', () => {
  const terminal = { isTTY: true, columns: 80, rows: 24, hasColors: () => false };
  const term = process.env.TERM;
  beforeAll(() => {
    process.env.TERM = 'xterm';
  });
  afterAll(() => {
    if (term === undefined) delete process.env.TERM;
    else process.env.TERM = term;
  });

  it('the block is drawn over the one before', () => {
    const { output, written } = outputOf(terminal);
    const screen = statusScreen(output);
    screen.show(statusOf('one'));
    screen.show(statusOf('two'));
    expect(written).toHaveLength(2);
    const height = written[0]?.split('\n').length ?? 0;
    expect(written[1]?.startsWith(`\u001b[${height - 1}F\u001b[J`)).toBe(true);
  });

  it('nothing is written when nothing changed', () => {
    const { output, written } = outputOf(terminal);
    const screen = statusScreen(output);
    screen.show(statusOf('one'));
    screen.show(statusOf('one'));
    expect(written).toHaveLength(1);
  });

  it('lines appear above the block', () => {
    const { output, written } = outputOf(terminal);
    const screen = statusScreen(output);
    screen.show(statusOf('one'));
    screen.say('news');
    expect(written[1]).toMatch(/J(news)\ngodwit .*\n/);
  });

  it('the last block stays', () => {
    const { output, written } = outputOf(terminal);
    const screen = statusScreen(output);
    screen.show(statusOf('one'));
    screen.leave();
    screen.say('the end');
    expect(written[1]).toBe('the end\n');
  });
});

describe('without a terminal', () => {
  it('a line is written when the connection changes, not while the seconds to the next try run down', () => {
    const { output, written } = outputOf({});
    const screen = statusScreen(output);
    const states = [
      'online',
      'online',
      'refused, next try in 3 s',
      'refused, next try in 2 s',
      'refused, trying now',
      'online',
    ];
    for (const state of states) screen.show(statusOf(state));
    expect(written.map((line) => line.match(/device-1: (online|refused)/)?.[1])).toEqual([
      'online',
      'refused',
      'online',
    ]);
    expect(written.join('')).not.toContain('\u001b');
  });
});
