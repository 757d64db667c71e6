/** Files of a zip archive, read in place by random access. */

import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import yauzl from 'yauzl';
import { FathomError } from '../../errors.js';
import { BlockReader } from './block-reader.js';
import { type FileSource, isHidden, linkRefused, missingFolder } from './file-source.js';

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

/** No picture of a data set is larger than this; an entry that claims to be is a mistake or an attack. */
const maxEntryBytes = 2 ** 30;

const isLink = (entry: yauzl.Entry) => ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000;

/** What is kept of an entry: the fields that reading it needs, and not yauzl's kilobyte of buffers. */
interface Member {
  readonly packedBytes: number;
  readonly bytes: number;
  readonly checksum: number;
  readonly deflated: boolean;
  /** Place of the local header, which the data follow. */
  readonly offset: number;
}

/**
 * A {@link FileSource} over a zip archive, stored or deflated, zip64 included.
 *
 * Throws a FathomError of code `data` for what is no archive or is cut short, for absolute names and names with
 * `..`, for links and for encrypted entries; and, on reading, for an entry whose checksum does not match.
 */
export async function zipSource(path: string, name: string): Promise<FileSource> {
  const file = await open(path);
  const members = await readDirectory(file, path).catch(async (error) => {
    await file.close();
    throw error;
  });
  const describe = (entry: string) => `${path}: ${entry}`;
  return {
    name,
    describe,

    async list(folder) {
      const prefix = `${folder.replace(/\/+$/, '')}/`;
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

    async read(entry) {
      try {
        return await readMember(file, members.get(entry)!);
      } catch (cause) {
        throw new FathomError(
          'data',
          `${describe(entry)}: cannot be unpacked (${(cause as Error).message})`,
          {
            hint: 'the archive is damaged: make it, or download it, again',
            cause,
          },
        );
      }
    },

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
    if (cause instanceof FathomError) throw cause;
    // yauzl refuses names that lead out of the archive: "invalid relative path: ../x", "absolute path: /x".
    throw new FathomError('data', `${path}: ${(cause as Error).message}`, {
      hint: 'the archive is damaged or unsafe: make it again with plain relative names',
      cause,
    });
  }
  return members;
}

function memberOf(entry: yauzl.Entry, path: string): Member {
  const file = `${path}: ${entry.fileName}`;
  const method = entry.compressionMethod;
  const refuse = (reason: string, hint: string) => new FathomError('data', `${file}: ${reason}`, { hint });
  if (isLink(entry)) throw linkRefused(file);
  if (entry.isEncrypted()) throw refuse('is encrypted', 'make the archive without a password');
  if (method !== 0 && method !== 8)
    throw refuse(`compression method ${method} is not known`, 'make the archive with store or deflate');
  if (Math.max(entry.compressedSize, entry.uncompressedSize) > maxEntryBytes)
    throw refuse(
      `claims ${entry.uncompressedSize} bytes, more than any picture`,
      'remove it from the archive',
    );
  return {
    packedBytes: entry.compressedSize,
    bytes: entry.uncompressedSize,
    checksum: entry.crc32,
    deflated: method === 8,
    offset: entry.relativeOffsetOfLocalHeader,
  };
}

async function readMember(file: FileHandle, { packedBytes, bytes, checksum, deflated, offset }: Member) {
  // The local header has 30 bytes, a name and extra fields, whose lengths need not be those of the directory.
  const header = await readExactly(file, 30, offset);
  if (header.readUInt32LE(0) !== 0x04034b50) throw new Error('its header is damaged');
  const packed = await readExactly(
    file,
    packedBytes,
    offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28),
  );
  const content = deflated ? await inflate(packed, { maxOutputLength: Math.max(1, bytes) }) : packed;
  if (crc32(content) !== checksum) throw new Error('its checksum does not match');
  return content;
}

async function readExactly(file: FileHandle, length: number, position: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead < length) throw new Error('unexpected end of file');
  return buffer;
}
