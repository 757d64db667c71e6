/** One entry of a zip archive: what reading it needs, and what is refused. */

import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import type yauzl from 'yauzl';
import { FathomError } from '../../errors.js';
import { linkRefused } from './file-source.js';

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

/** No picture or array of a data set is larger than this; an entry that claims to be is a mistake or an attack. */
const maxEntryBytes = 2 ** 30;

/**
 * Small entries may shrink as they like: an empty mask does. A larger one that shrinks a hundredfold holds nothing but
 * the intent to fill the memory.
 */
const bomb = { bytes: 2 ** 24, ratio: 100 } as const;

/** Bytes of a local header before the name. */
const fixedHeaderBytes = 30;

/** Extra fields of a local header are often some bytes longer than those of the directory: times, or room to grow. */
const spareBytes = 64;

const isLink = (entry: yauzl.Entry) => ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000;

/** What is kept of an entry: the fields that reading it needs, and not yauzl's kilobyte of buffers. */
export interface Member {
  readonly packedBytes: number;
  readonly bytes: number;
  readonly checksum: number;
  readonly deflated: boolean;
  /** Place of the local header, which the data follow. */
  readonly offset: number;
  /** Bytes of the local header, if its extra fields are those of the directory. */
  readonly headerBytes: number;
}

/**
 * The member that an entry of the archive `path` describes.
 *
 * Throws a FathomError of code `data` for a link, an encrypted entry, an unknown compression, and sizes that are
 * absurd: above 1 GiB, or above 16 MiB when that is more than a hundred times what is stored.
 */
export function memberOf(entry: yauzl.Entry, path: string): Member {
  const file = `${path}: ${entry.fileName}`;
  const { compressionMethod: method, compressedSize: packed, uncompressedSize: bytes } = entry;
  const refuse = (reason: string, hint: string) => new FathomError('data', `${file}: ${reason}`, { hint });
  if (isLink(entry)) throw linkRefused(file);
  if (entry.isEncrypted()) throw refuse('is encrypted', 'make the archive without a password');
  if (method !== 0 && method !== 8)
    throw refuse(`compression method ${method} is not known`, 'make the archive with store or deflate');
  if (Math.max(packed, bytes) > maxEntryBytes)
    throw refuse(`claims ${bytes} bytes, more than any picture`, 'remove it from the archive');
  if (bytes > bomb.bytes && bytes > bomb.ratio * packed)
    throw refuse(
      `claims to unpack from ${packed} to ${bytes} bytes, as no picture does`,
      'remove it from the archive',
    );
  if (method === 0 && packed !== bytes)
    throw refuse(`claims ${bytes} bytes and stores ${packed}`, 'the archive is damaged: make it again');
  return {
    packedBytes: packed,
    bytes,
    checksum: entry.crc32,
    deflated: method === 8,
    offset: entry.relativeOffsetOfLocalHeader,
    headerBytes: fixedHeaderBytes + entry.fileNameLength + entry.extraFieldLength,
  };
}

/** Reads `length` bytes at `position`; fewer where the file ends. */
export type ReadBytes = (length: number, position: number) => Promise<Buffer>;

/** Reads and unpacks a member. Throws an Error that says what is wrong with it. */
export async function readMember(read: ReadBytes, member: Member): Promise<Buffer> {
  const { bytes, checksum, deflated } = member;
  const packed = await readPacked(read, member);
  const content = deflated ? await unpack(packed, bytes) : packed;
  if (content.length !== bytes) throw new Error(`it has ${content.length} bytes and claims ${bytes}`);
  if (crc32(content) !== checksum) throw new Error('its checksum does not match');
  return content;
}

/** What the archive holds of a member, in one read if its header is about as long as expected. */
async function readPacked(read: ReadBytes, { packedBytes, offset, headerBytes }: Member): Promise<Buffer> {
  const found = await read(headerBytes + packedBytes + spareBytes, offset);
  if (found.length < fixedHeaderBytes) throw new Error('unexpected end of file');
  if (found.readUInt32LE(0) !== 0x04034b50) throw new Error('its header is damaged');
  const start = fixedHeaderBytes + found.readUInt16LE(26) + found.readUInt16LE(28);
  const end = start + packedBytes;
  const packed = end <= found.length ? found.subarray(start, end) : await read(packedBytes, offset + start);
  if (packed.length < packedBytes) throw new Error('unexpected end of file');
  return packed;
}

/** Inflates to at most the claimed size, so that a false claim cannot fill the memory. */
async function unpack(packed: Buffer, bytes: number): Promise<Buffer> {
  try {
    return await inflate(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch (cause) {
    const tooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge ? new Error(`it unpacks to more than the ${bytes} bytes it claims`, { cause }) : cause;
  }
}

/** The error for an archive whose directory yauzl refuses, such as "invalid relative path: ../x". */
export function archiveRefused(path: string, cause: unknown): FathomError {
  if (cause instanceof FathomError) return cause;
  return new FathomError('data', `${path}: ${(cause as Error).message}`, {
    hint: 'the archive is damaged or unsafe: make it again with plain relative names',
    cause,
  });
}

/** The error for a member that cannot be read. */
export function memberDamaged(file: string, cause: unknown): FathomError {
  return new FathomError('data', `${file}: cannot be unpacked (${(cause as Error).message})`, {
    hint: 'the archive is damaged: make it, or download it, again',
    cause,
  });
}
