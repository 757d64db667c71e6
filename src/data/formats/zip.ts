/** Files of a zip archive, read in place by random access. */

import { type FileHandle, open } from 'node:fs/promises';
import yauzl from 'yauzl';
import { FathomError } from '../../errors.js';
import { BlockReader } from './block-reader.js';
import { type FileSource, isHidden, missingFolder } from './file-source.js';
import { readAhead } from './read-ahead.js';
import { archiveRefused, type Member, memberDamaged, memberOf, readMember } from './zip-member.js';

/**
 * A {@link FileSource} over a zip archive, stored or deflated, zip64 included.
 *
 * Throws a FathomError of code `data` for what is no archive or is cut short, for absolute names and names with
 * `..`, for links and for encrypted entries; for sizes that no
 * picture has; and, on reading, for an entry that is not what the directory says.
 */
export async function zipSource(path: string, name: string): Promise<FileSource> {
  const file = await open(path);
  const members = await readDirectory(file, path).catch(async (error) => {
    await file.close();
    throw error;
  });
  const read = readAhead((length, position) => readUpTo(file, length, position));
  const describe = (entry: string) => `${path}: ${entry}`;
  return {
    name,
    describe,

    async list(folder) {
      const prefix = folder === '' ? '' : `${folder.replace(/\/+$/, '')}/`;
      const paths = [...members.keys()];
      const found = paths.filter((entry) => entry.startsWith(prefix));
      if (found.length === 0) {
        const parents = paths
          .filter((entry) => entry.includes('/'))
          .map((entry) => entry.replace(/\/[^/]*$/, ''));
        throw missingFolder(describe(folder), folder, [...new Set(parents)].sort());
      }
      return found.filter((entry) => !entry.endsWith('/'));
    },

    stamp(entry) {
      const { bytes, checksum } = members.get(entry)!;
      return `${bytes}#${checksum}`;
    },

    locate: (entry) => ({ path, member: members.get(entry)!, file: describe(entry) }),

    read: (entry) =>
      readMember(read, members.get(entry)!).catch((cause) => {
        throw memberDamaged(describe(entry), cause);
      }),

    close: () => file.close(),
  };
}

/** All visible entries by name; the names of folders end in `/`. */
async function readDirectory(file: FileHandle, path: string): Promise<Map<string, Member>> {
  const { size } = await file.stat();
  const archive = await yauzl
    .fromRandomAccessReaderPromise(new BlockReader(file), size, { lazyEntries: true, autoClose: false })
    .catch((cause) => {
      throw new FathomError('data', `${path}: not a zip archive, or cut short`, {
        hint: 'give a folder or a complete .zip file; if it was downloaded, download it again',
        cause,
      });
    });
  const members = new Map<string, Member>();
  try {
    for await (const entry of archive.eachEntry())
      if (!isHidden(entry.fileName.replace(/\/$/, ''))) members.set(entry.fileName, memberOf(entry, path));
  } catch (cause) {
    throw archiveRefused(path, cause);
  }
  return members;
}

async function readUpTo(file: FileHandle, length: number, position: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
