#!/usr/bin/env node
/**
 * The command `godwit`: says what the command line means, runs it, and turns whatever goes wrong into one sentence and an
 * exit status. No stack trace is ever shown.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dumpOutbox } from './dump/command.js';
import { projectFolder } from './project-folder.js';
import { parseCommandLine, UsageError, usage } from './start/options.js';
import { run } from './start/run.js';

/** npm hands a Ctrl-C on to a process that the terminal has already told: two that come so close are one. */
const sameInterruptMilliseconds = 400;
/** How long sockets may take to send what was written to them, once everything is stopped. */
const exitMillisecondsMax = 2000;

const stop = new AbortController();
let interruptedAt: number | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    const now = performance.now();
    if (interruptedAt !== undefined && now - interruptedAt > sameInterruptMilliseconds) process.exit(1);
    interruptedAt ??= now;
    stop.abort();
  });
}
// Whoever read the output is gone.
process.stdout.on('error', () => stop.abort());
process.on('uncaughtException', (error) => {
  complain(error);
  process.exit(1);
});

main(process.argv.slice(2)).then(leave, (error) => {
  complain(error);
  if (error instanceof UsageError) process.stderr.write('godwit --help lists the options\n');
  leave(error instanceof UsageError ? 2 : 1);
});

async function main(parameters: readonly string[]): Promise<number> {
  if (parameters[0] === 'outbox') {
    dumpOutbox(parameters.slice(1), process.stdout);
    return 0;
  }
  const command = parseCommandLine(parameters);
  switch (command.name) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'version':
      process.stdout.write(`${version()}\n`);
      return 0;
    case 'start':
      return (await run(command.options, process.stdout, stop.signal)) ? 0 : 1;
  }
}

/** The process ends by itself when the last byte is sent, so that brokers see a clean end and pipes get all of the output. */
function leave(status: number): void {
  process.exitCode = status;
  setTimeout(() => process.exit(), exitMillisecondsMax).unref();
}

function complain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`godwit: ${message}\n`);
}

function version(): string {
  return JSON.parse(readFileSync(join(projectFolder(), 'package.json'), 'utf8')).version;
}
