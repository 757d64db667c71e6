/** Reads files where they lie, and lets its thread do nothing else meanwhile. */

import { openSync, readFileSync, readSync } from 'node:fs';
import type { Encoded } from '../decode.js';
import { type FilePlace, fileGone } from './file-source.js';
import { readAhead } from './read-ahead.js';
import { memberDamaged, type ReadBytes, readMember } from './zip-member.js';

/** What reads each archive, by its path; the end of the thread closes them. */
const archives = new Map<string, ReadBytes>();

/** Reads a file. Throws a FathomError of code `data` that names it. */
export async function readPlace({ path, member, file }: FilePlace): Promise<Encoded> {
  if (!member) return { bytes: orGone(file, () => readFileSync(path)), file };
  const read = archives.get(path) ?? openArchive(path);
  archives.set(path, read);
  const bytes = await readMember(read, member).catch((cause) => {
    throw memberDamaged(file, cause);
  });
  return { bytes, file };
}

function openArchive(path: string): ReadBytes {
  const archive = orGone(path, () => openSync(path, 'r'));
  return readAhead(async (length, position) => {
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, readSync(archive, buffer, 0, length, position));
  });
}

function orGone<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw fileGone(file, cause);
  }
}
