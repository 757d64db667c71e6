/** Files that others read appear whole: written beside their place, then renamed. */
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FathomError } from '../errors.js';

/** Writes parts of a file one after another from where they lie: joining large ones costs more than writing them. */
async function writeParts(file: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'w');
  try {
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    const { bytesWritten } = await handle.writev(parts);
    // A full disk takes a part of the bytes without an error.
    if (bytesWritten < size) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file, whole or in consecutive parts, so that a reader sees the old content or the new one and never a part.
 * Its folder is made if needed. Throws a FathomError of code `data` when the file cannot be written.
 */
export async function writeFileWhole(
  file: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    if (Array.isArray(content)) await writeParts(draft, content);
    else await writeFile(draft, content as string | Uint8Array);
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw unwritable(file, cause);
  }
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
