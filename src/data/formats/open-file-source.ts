/** Opens a path as a source of files, whichever kind it is. */

import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { FathomError } from '../../errors.js';
import { directorySource } from './directory.js';
import type { FileSource } from './file-source.js';
import { zipSource } from './zip.js';

/**
 * Opens a folder or a zip archive.
 *
 * Throws a FathomError of code `data` when the path is missing, or is a file that is no archive.
 *
 * @example const source = await openFileSource('/data/rooms.zip');
 */
export async function openFileSource(path: string): Promise<FileSource> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'no such file or folder' : `cannot be opened (${cause.code})`;
    throw new FathomError('data', `${path}: ${reason}`, {
      hint: 'give the path of a folder, or of a .zip file, that holds the images, masks and depth maps',
      cause,
    });
  });
  const name = basename(path).replace(/\.zip$/i, '');
  return found.isDirectory() ? directorySource(path, name) : zipSource(path, name);
}
