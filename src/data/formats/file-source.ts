/** The contract of folders and archives of files, and what both refuse. */

import { FathomError, nearest, unreadable } from '../../errors.js';
import type { Member } from './zip-member.js';

/** Where a file lies, for a thread that has no source. */
export interface FilePlace {
  /** On disk: that of the file, or of the archive that it is a member of. */
  readonly path: string;
  readonly member?: Member;
  /** The name that errors give it. */
  readonly file: string;
}

/** Random access to the files below one root. Paths are relative to it, with `/` between their parts. */
export interface FileSource {
  /** Last part of the root's path, without `.zip`. */
  readonly name: string;
  /** How messages name a file: `data/image/7.jpg`, or `data.zip: image/7.jpg` inside an archive. */
  describe(path: string): string;
  /** Paths of all files below `folder`, in no order, hidden ones left out. Throws when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** A short text that changes when the file does: its size with its time or checksum. */
  stamp(path: string): string;
  locate(path: string): FilePlace;
  /** The file's bytes, complete. */
  read(path: string): Promise<Buffer>;
  close(): Promise<void>;
}

/** Whether a path, or a folder on it, is hidden or written by an operating system beside the data. */
export function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

/** The error for a sub-folder that is not there, naming those that are. */
export function missingFolder(where: string, folder: string, found: readonly string[]): FathomError {
  const near = nearest(folder, found);
  const listed = found.length > 0 ? `its folders are ${found.slice(0, 8).join(', ')}` : 'it holds no folders';
  return new FathomError('data', `${where}: no such folder`, {
    hint: `${listed}${near ? `; did you mean '${near}'?` : ''}`,
  });
}

/** The error for a file that has gone, or can no longer be read. */
export const fileGone = (file: string, cause: unknown): FathomError =>
  unreadable(file, cause, 'the file was there when the data set was opened: put it back, or start again');

/** The error for a link, which could lead out of the data set. */
export function linkRefused(file: string): FathomError {
  return new FathomError('data', `${file}: is a symbolic link, which is not followed`, {
    hint: 'put the file itself in its place',
  });
}
