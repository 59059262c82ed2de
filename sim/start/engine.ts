/** The XS engine for the devices of `--engine xs`: whether it is there, what it is, and what it cannot do. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerConfiguration } from '../../src/agent/configuration.js';
import { exitCodes, XsEngine } from '../../xs/run.js';

/** As scripts/run.mjs has built it. Throws an Error of one sentence when it has not. */
export function openEngine(projectFolder: string): XsEngine {
  const path = join(projectFolder, 'build/xs/built.json');
  const built = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  if (built === null) {
    throw new Error(
      '--engine xs needs a C compiler to build the engine with, and there is none; on Debian: apt-get install gcc gcc-multilib',
    );
  }
  if (built === undefined || !existsSync(built.command.at(-1))) {
    throw new Error(
      'the XS engine is not built; in a clone of the repository, "npm start -- --engine xs" builds and runs it',
    );
  }
  return new XsEngine(built, projectFolder);
}

export function engineText({ bits, memory }: XsEngine): string {
  const word =
    bits === 32
      ? '32 bits as on an ESP32'
      : `${bits} bits, so all takes more memory (gcc-multilib, or qemu-user, is missing here)`;
  return `XS, ${word}; heap ${kibibytes(memory.heapBytes)}, stack ${memory.stackSlots} slots`;
}

/** Throws an Error when devices on XS cannot connect to the broker: they have TCP to this computer only. */
export function refuseUnreachable({ host, port, tls }: Pick<BrokerConfiguration, 'host' | 'port' | 'tls'>): void {
  if (tls) throw new Error('devices on XS have no TLS on a computer: use a broker without TLS, or --engine node');
  if (host === 'localhost' || /^127(\.\d+){3}$/.test(host)) return;
  throw new Error(
    `devices on XS connect to brokers on this computer only, not to ${host}:${port}; without --engine xs, they connect anywhere`,
  );
}

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What it wrote to stderr. */
  readonly errors: string;
}

/** Of a process that was killed from outside: a power cut. */
export const killed = 'killed by SIGKILL';

/** Why the process of a device ended, in one sentence; below that the JavaScript stack, where there is one. */
export function describeEnd({ exitCode, signal, errors }: ProcessEnd, { memory }: XsEngine): string {
  if (signal === 'SIGKILL') return killed;
  if (signal !== null) return `ended by ${signal}`;
  const [first = '', ...stack] = errors.trimEnd().split('\n');
  const reason = first.replace(/^xs: /, '');
  const withStack = (sentence: string) => [sentence, ...stack].join('\n');
  switch (exitCode) {
    case exitCodes.ended:
      return 'ended by itself';
    case exitCodes.memoryFull:
    case exitCodes.stackOverflow: {
      const given = `${kibibytes(memory.heapBytes)} of heap, ${memory.stackSlots} slots of stack`;
      return withStack(`${reason} ("creation" in manifest.json: ${given})`);
    }
    case exitCodes.exception:
    case exitCodes.rejection:
      return `${reason}: ${stack.join('\n')}`;
    default:
      return withStack(reason || `ended with exit code ${exitCode}`);
  }
}

function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
