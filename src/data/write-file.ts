/** Files that others read appear whole: written beside their place, then renamed. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FathomError } from '../errors.js';

/**
 * Writes a file so that a reader sees the old content or the new one, and never a part. Its folder is made if needed.
 * Throws a FathomError of code `data` when the file cannot be written.
 */
export async function writeFileWhole(file: string, content: string | Uint8Array): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, content);
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {});
    throw unwritable(file, cause);
  }
}

/** The error for a file that cannot be written. */
export function unwritable(file: string, cause: unknown): FathomError {
  const { code } = cause as NodeJS.ErrnoException;
  return new FathomError('data', `${file}: cannot be written (${code})`, {
    hint: code === 'ENOSPC' ? 'free some disk space' : 'choose another --out, or mend its permissions',
    cause,
  });
}

/** JSON as files hold it: two spaces of indent, a line break at the end. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
