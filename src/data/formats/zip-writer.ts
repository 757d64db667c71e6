/** Writes a stored zip archive one entry after another, so that a stopped run goes on where it was. */

import { constants, type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { unwritable } from '../write-file.js';

/** An archive that is being written. Entries keep the order of the calls; nothing in it depends on the clock. */
export interface ZipWriter {
  /** Entries that are complete, those of earlier runs included. */
  readonly length: number;
  /** Appends entries. A name is relative, with `/` between its parts. */
  append(entries: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Promise<void>;
  /** Writes the directory and gives the archive its name. */
  finish(): Promise<void>;
  /** Leaves what is there for the next run. */
  close(): Promise<void>;
}

interface Entry {
  readonly name: Buffer;
  readonly checksum: number;
  readonly bytes: number;
  readonly offset: number;
}

const localHeaderBytes = 30;
const localMagic = 0x04034b50;
/** 1 January 1980, the first date a zip archive knows: the same entries give the same bytes. */
const date = 0x21;
const utf8Names = 0x800;
const max32 = 0xffffffff;
const max16 = 0xffff;
const scanBytes = 2 ** 22;

/**
 * Opens the archive `path` for writing. Until {@link ZipWriter.finish} it is called `<path>.part`; one that is there
 * from a run that was stopped is continued after its last complete entry, and a finished one takes no more entries.
 *
 * Throws a FathomError of code `data` when it cannot be written.
 *
 * @example
 * const zip = await openZipWriter('fg_bg.zip');
 * await zip.append([{ name: 'fg_bg/bg001/a.jpg', bytes }]);
 * await zip.finish();
 */
export async function openZipWriter(path: string): Promise<ZipWriter> {
  const part = `${path}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const finished = await stat(path).then(
      () => true,
      () => false,
    );
    const file = await open(finished ? path : part, finished ? 'r' : constants.O_RDWR | constants.O_CREAT);
    const entries = await completeEntries(file);
    return finished ? finishedArchive(file, entries.length) : growingArchive(file, path, entries);
  } catch (cause) {
    throw unwritable(part, cause);
  }
}

function finishedArchive(file: FileHandle, length: number): ZipWriter {
  return {
    length,
    async append() {
      throw new Error('the archive is finished');
    },
    finish: () => file.close(),
    close: () => file.close(),
  };
}

async function growingArchive(file: FileHandle, path: string, entries: Entry[]): Promise<ZipWriter> {
  const part = `${path}.part`;
  const last = entries.at(-1);
  let end = last ? last.offset + localHeaderBytes + last.name.length + last.bytes : 0;
  await file.truncate(end);
  return {
    get length() {
      return entries.length;
    },
    async append(added) {
      const pieces: Uint8Array[] = [];
      let offset = end;
      const fresh: Entry[] = [];
      for (const { name, bytes } of added) {
        const entry = { name: Buffer.from(name), checksum: crc32(bytes), bytes: bytes.length, offset };
        pieces.push(localHeader(entry), entry.name, bytes);
        offset += localHeaderBytes + entry.name.length + bytes.length;
        fresh.push(entry);
      }
      await writeAll(file, pieces, end).catch((cause) => {
        throw unwritable(part, cause);
      });
      end = offset;
      entries.push(...fresh);
    },
    async finish() {
      try {
        await writeDirectory(file, entries, end);
        await file.sync();
        await file.close();
        await rename(part, path);
      } catch (cause) {
        throw unwritable(part, cause);
      }
    },
    close: () => file.close(),
  };
}

/** Writes pieces one after another from `position` on. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[], position: number): Promise<void> {
  const bytes = Buffer.concat(pieces);
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** The entries from the start of a file up to the first that is cut short or damaged. */
async function completeEntries(file: FileHandle): Promise<Entry[]> {
  const entries: Entry[] = [];
  let block: Buffer = Buffer.alloc(0);
  let start = 0;
  const bytesAt = async (offset: number, length: number): Promise<Buffer | undefined> => {
    if (offset + length > start + block.length) {
      const next = Buffer.alloc(Math.max(scanBytes, length));
      const { bytesRead } = await file.read(next, 0, next.length, offset);
      block = next.subarray(0, bytesRead);
      start = offset;
    }
    return offset + length > start + block.length
      ? undefined
      : block.subarray(offset - start).subarray(0, length);
  };
  for (let offset = 0; ; ) {
    const header = await bytesAt(offset, localHeaderBytes);
    if (header?.readUInt32LE(0) !== localMagic) return entries;
    const checksum = header.readUInt32LE(14);
    const bytes = header.readUInt32LE(18);
    const nameLength = header.readUInt16LE(26);
    const body = await bytesAt(offset + localHeaderBytes, nameLength + bytes);
    if (!body || crc32(body.subarray(nameLength)) !== checksum) return entries;
    entries.push({ name: Buffer.from(body.subarray(0, nameLength)), checksum, bytes, offset });
    offset += localHeaderBytes + nameLength + bytes;
  }
}

/** The fields that a local header and a directory entry share, from "version needed" to the length of the name. */
function sharedFields({ name, checksum, bytes }: Entry, version: number): Buffer {
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(version, 0);
  fields.writeUInt16LE(utf8Names, 2);
  fields.writeUInt16LE(date, 8);
  fields.writeUInt32LE(checksum, 10);
  fields.writeUInt32LE(bytes, 14);
  fields.writeUInt32LE(bytes, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function localHeader(entry: Entry): Buffer {
  const header = Buffer.alloc(localHeaderBytes);
  header.writeUInt32LE(localMagic, 0);
  sharedFields(entry, 20).copy(header, 4);
  return header;
}

/** A directory entry; a place past 4 GiB goes into a zip64 field. */
function directoryEntry(entry: Entry): Buffer {
  const far = entry.offset >= max32;
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  // Made by version 4.5 on Unix, so that the attributes are a mode.
  header.writeUInt16LE(0x032d, 4);
  sharedFields(entry, far ? 45 : 20).copy(header, 6);
  header.writeUInt16LE(far ? 12 : 0, 30);
  header.writeUInt32LE((0o100644 << 16) >>> 0, 38);
  header.writeUInt32LE(far ? max32 : entry.offset, 42);
  if (!far) return Buffer.concat([header, entry.name]);
  const extra = Buffer.alloc(12);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8, 2);
  extra.writeBigUInt64LE(BigInt(entry.offset), 4);
  return Buffer.concat([header, entry.name, extra]);
}

/** Writes the central directory, a piece at a time, and the end records. */
async function writeDirectory(file: FileHandle, entries: readonly Entry[], start: number): Promise<void> {
  const chunk = 10_000;
  let position = start;
  for (let from = 0; from < entries.length; from += chunk) {
    const piece = Buffer.concat(entries.slice(from, from + chunk).map(directoryEntry));
    await writeAll(file, [piece], position);
    position += piece.length;
  }
  await writeAll(file, [endRecords(entries.length, start, position)], position);
}

function endRecords(count: number, start: number, end: number): Buffer {
  const last = Buffer.alloc(22);
  last.writeUInt32LE(0x06054b50, 0);
  last.writeUInt16LE(Math.min(count, max16), 8);
  last.writeUInt16LE(Math.min(count, max16), 10);
  last.writeUInt32LE(Math.min(end - start, max32), 12);
  last.writeUInt32LE(Math.min(start, max32), 16);
  if (count < max16 && end < max32) return last;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(0x032d, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(end - start), 40);
  record.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(end), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, last]);
}
