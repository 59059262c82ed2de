/**
 * An advisory lock: one process at a time. The lock is a file that holds the process id, and when that process started.
 *
 * It does not know what it protects. A lock left behind by a process that was killed is stale and is taken over: the
 * process is no longer there, or its id now belongs to one that started at another time (ids are used again, in
 * containers at once). Where the platform does not tell when another process started, a live process of that id counts
 * as the holder. Processes are those of one machine, and of one container.
 */
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** How often to try again when another process does the same at the same moment. */
const ATTEMPTS_MAX = 10;

/** Takes the lock `path` for what is named `subject`, or throws an Error that names the holder. Returns the release. */
export function takeLock(path: string, subject: string): () => void {
  const content = `${process.pid} ${startOf(process.pid) ?? ''}\n`;
  const own = `${path}.${process.pid}`;
  writeFileSync(own, content);
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (tryLink(own, path)) return () => unlinkIfHolds(path, content);
      const held = readIfPresent(path);
      if (held === undefined) continue;
      const pid = holderOf(held);
      if (pid !== undefined) throw new Error(`${subject} is in use by process ${pid}`);
      discard(path, held, own);
    }
    throw new Error(`${subject} is in use by processes that are just starting`);
  } finally {
    unlinkSync(own);
  }
}

/** A link appears with its content, or not at all. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The process that holds the lock, `undefined` when there is none any more. */
function holderOf(content: string): number | undefined {
  const [pidText = '', recordedStart = ''] = content.trim().split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid < 1 || !isAlive(pid)) return undefined;
  const start = startOf(pid);
  if (start !== undefined && recordedStart !== '' && start !== recordedStart) return undefined;
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in the platform's own measure: on Linux field 22 of /proc/PID/stat, see proc(5). */
function startOf(pid: number): string | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 2, the command, stands in parentheses and may hold spaces and parentheses itself.
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return pid === process.pid ? String(Math.round(performance.timeOrigin)) : undefined;
  }
}

/**
 * Removes the stale lock. One process at a time may do that, the one with the link beside it: two that both found the
 * lock stale could otherwise remove what a third has taken since.
 */
function discard(path: string, stale: string, own: string): void {
  const turn = `${path}.stale`;
  if (tryLink(own, turn)) {
    unlinkIfHolds(path, stale);
    unlinkSync(turn);
    return;
  }
  const held = readIfPresent(turn);
  // Of a process that was killed just here.
  if (held !== undefined && holderOf(held) === undefined) unlinkIfHolds(turn, held);
}

function unlinkIfHolds(path: string, content: string): void {
  if (readIfPresent(path) === content) unlinkSync(path);
}
