/** Files of a folder on disk. */

import { type Dirent, promises as fs } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { FathomError } from '../../errors.js';
import { type FileSource, isHidden, linkRefused, missingFolder } from './file-source.js';

/** A {@link FileSource} over the folder `root`. Links below its sub-folders are refused. */
export function directorySource(root: string, name: string): FileSource {
  const describe = (path: string) => join(root, path);
  const relativePath = (entry: Dirent) =>
    relative(root, join(entry.parentPath, entry.name)).split(sep).join('/');

  const unreadable = (path: string) => (cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'no such file' : `cannot be read (${cause.code})`;
    throw new FathomError('data', `${describe(path)}: ${reason}`, {
      hint: 'the file was there when the data set was opened: put it back, or start again',
      cause,
    });
  };

  return {
    name,
    describe,

    async list(folder) {
      const entries = await fs
        .readdir(join(root, folder), { recursive: true, withFileTypes: true })
        .catch(async () => {
          const siblings = await fs.readdir(root, { withFileTypes: true });
          const folders = siblings.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
          throw missingFolder(describe(folder), folder, folders.sort());
        });
      const visible = entries.filter((entry) => !isHidden(relativePath(entry)));
      const link = visible.find((entry) => entry.isSymbolicLink());
      if (link) throw linkRefused(describe(relativePath(link)));
      return visible.filter((entry) => entry.isFile()).map(relativePath);
    },

    async stamp(path) {
      const { size, mtimeMs } = await fs.stat(join(root, path)).catch(unreadable(path));
      return `${size}@${mtimeMs}`;
    },

    read: (path) => fs.readFile(join(root, path)).catch(unreadable(path)),

    async close() {},
  };
}
