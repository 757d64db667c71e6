/** Files that others read appear whole: written beside their place, then renamed. */
import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writev as vectorWrite,
  writevSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { FathomError } from '../errors.js';

/** More bytes are written on another thread. To hand over fewer takes longer than to write them, as does naming a file. */
export const largestAtOnce = 2 ** 18;

/** A file that is being written beside its place. */
export interface DraftFile {
  /** Waits until the file is whole and puts it in its place. Throws a FathomError of code `data` when it cannot be written. */
  publish(): Promise<void>;
  /** Removes what was written of it. */
  discard(): Promise<void>;
}

/** Options of {@link startFile}. */
export interface StartFileOptions {
  /**
   * For a large file that is written again and again. The file that is replaced stays as a draft, and is overwritten where it
   * lies by the one after next: giving its memory back and taking it anew takes ten times as long as writing it. Whoever still
   * reads it by then sees a mixture. {@link removeDrafts} at the end.
   */
  readonly alternate?: boolean;
}

const draftOf = (file: string) => `${file}.draft`;
const spareOf = (file: string) => `${file}.spare`;

/**
 * Starts to write a file from consecutive parts, which must stay as they are until it is published: joining large ones costs
 * more than writing them. Large files are written on another thread, whatever this one does. The file's folder is made if needed.
 */
export function startFile(
  file: string,
  parts: readonly Uint8Array[],
  { alternate = false }: StartFileOptions = {},
): DraftFile {
  const draft = alternate ? draftOf(file) : `${file}.${process.pid}.tmp`;
  const written = writeParts(draft, parts);
  // Whoever publishes hears of a failure.
  const ended = written.catch(() => {});
  const discard = async () => {
    await ended;
    remove(draft);
  };
  const publish = async () => {
    try {
      await written;
      const spare = alternate && keepSpare(file);
      renameSync(draft, file);
      if (spare) renameSync(spare, draft);
    } catch (cause) {
      await discard();
      throw unwritable(file, cause);
    }
  };
  return { publish, discard };
}

/** Gives a file a second name, under which it outlives its replacement; undefined where there is none, or no such names. */
function keepSpare(file: string): string | undefined {
  const spare = spareOf(file);
  try {
    rmSync(spare, { force: true });
    linkSync(file, spare);
    return spare;
  } catch {
    return undefined;
  }
}

/** Removes what `alternate` keeps beside a file. */
export function removeDrafts(file: string): void {
  for (const path of [draftOf(file), spareOf(file)]) remove(path);
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It stays, which does no harm.
  }
}

/** Publishes one file after the other; when one cannot be written, those after it are discarded, and its error is thrown. */
export async function publishInOrder([first, ...others]: readonly DraftFile[]): Promise<void> {
  try {
    await first.publish();
  } catch (error) {
    await Promise.all(others.map((draft) => draft.discard()));
    throw error;
  }
  if (others.length > 0) await publishInOrder(others);
}

async function writeParts(file: string, parts: readonly Uint8Array[]): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_CREAT);
  try {
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    const written = size > largestAtOnce ? await writev(descriptor, parts) : writevSync(descriptor, parts);
    // A full disk takes a part of the bytes without an error.
    if (written < size) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    ftruncateSync(descriptor, size);
  } finally {
    closeSync(descriptor);
  }
}

const writev = (descriptor: number, parts: readonly Uint8Array[]): Promise<number> =>
  new Promise((resolve, reject) => {
    vectorWrite(descriptor, parts, 0, (error, count) => (error ? reject(error) : resolve(count)));
  });

/**
 * Writes a file, whole or in consecutive parts, so that a reader sees the old content or the new one and never a part.
 * Its folder is made if needed. Throws a FathomError of code `data` when the file cannot be written.
 */
export async function writeFileWhole(
  file: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const parts = typeof content === 'string' ? [Buffer.from(content)] : [content].flat();
  await startFile(file, parts).publish();
}

/** The FathomError of code `data` for a file that cannot be written. */
export function unwritable(file: string, cause: unknown): FathomError {
  const { code } = cause as NodeJS.ErrnoException;
  return new FathomError('data', `${file}: cannot be written (${code})`, {
    hint:
      code === 'ENOSPC'
        ? 'free some disk space; the same command then continues'
        : 'choose another --out, or mend its permissions',
    cause,
  });
}

/** Runs what appends to a file; throws {@link unwritable} when it fails. */
export function appending<T>(file: string, append: () => T): T {
  try {
    return append();
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** JSON as files hold it: two spaces of indent, a line break at the end. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
