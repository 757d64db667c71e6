/** One process at a time works in a folder: a lock file that survives no kill. */

import { readFileSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FathomError } from '../errors.js';
import { unwritable } from '../train/write-file.js';

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, so that another one with its number is not taken for it; empty where unknown. */
  readonly born: string;
  readonly since: string;
}

/** Folders that this process holds. */
const held = new Set<string>();

/** Start of a process in clock ticks since boot, by Linux's `/proc`; empty elsewhere. */
function bornAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything; the start is the 22nd field, the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive({ pid, born }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process is alive too.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return born === '' || born === bornAt(pid);
}

function parseHolder(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder>;
    return typeof holder.pid === 'number' && typeof holder.host === 'string' ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

const readText = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/**
 * Takes the lock of a folder, `lock.json`; the folder is made if needed. What it returns gives the lock back. The lock
 * of a process that no longer runs is taken over.
 *
 * Throws a FathomError of code `usage` that names the process that holds it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock.json');
  const draft = `${file}.${process.pid}.tmp`;
  const holder: Holder = {
    ...{ pid: process.pid, host: hostname(), born: bornAt(process.pid) },
    since: new Date().toISOString(),
  };
  if (held.has(file)) throw refusal(folder, file, holder);
  let made: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true });
    await writeFile(draft, `${JSON.stringify(holder, null, 2)}\n`);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw unwritable(file, cause);
  }
  try {
    // A link fails where the file is there, and has its whole text from the first moment.
    while (!(await tryLink(draft, file))) await removeStale(folder, file);
  } finally {
    await rm(draft, { force: true });
  }
  held.add(file);
  return async () => {
    held.delete(file);
    await rm(file, { force: true });
    // A study that was refused leaves nothing behind; a folder with something in it stays.
    if (made !== undefined) await rmdir(folder).catch(() => {});
  };
}

const tryLink = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw unwritable(to, error);
    },
  );

/** Removes a lock whose process is gone; throws when it is not. */
async function removeStale(folder: string, file: string): Promise<void> {
  const text = await readText(file);
  if (text === undefined) return;
  const holder = parseHolder(text);
  const elsewhere = holder && holder.host !== hostname();
  if (holder && (elsewhere || (holder.pid !== process.pid && isAlive(holder))))
    throw refusal(folder, file, holder);
  // Two processes may come to this at once: only what one has taken aside and found unchanged was stale.
  const aside = `${file}.${process.pid}.stale`;
  await rename(file, aside).catch(() => {});
  const taken = await readText(aside);
  if (taken !== undefined && taken !== text) await tryLink(aside, file);
  await rm(aside, { force: true });
}

function refusal(folder: string, file: string, { pid, host, since }: Holder): FathomError {
  const where = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  return new FathomError('usage', `${folder}: ${where} has been working here since ${since}`, {
    hint:
      host === hostname()
        ? 'wait for it or stop it, or give another --out'
        : `wait for it, or give another --out; if it no longer runs, delete ${file}`,
  });
}
