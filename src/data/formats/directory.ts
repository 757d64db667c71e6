/** Files of a folder on disk. */

import { type Dirent, promises as fs, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type FileSource, fileGone, isHidden, linkRefused, missingFolder } from './file-source.js';

/** A {@link FileSource} over the folder `root`. Links below its sub-folders are refused. */
export function directorySource(root: string, name: string): FileSource {
  const describe = (path: string) => join(root, path);
  const relativePath = (entry: Dirent) =>
    relative(root, join(entry.parentPath, entry.name)).split(sep).join('/');

  const entriesOf = (folder: string) =>
    fs.readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(async () => {
      const siblings = await fs.readdir(root, { withFileTypes: true });
      const folders = siblings.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
      throw missingFolder(describe(folder), folder, folders.sort());
    });

  return {
    name,
    describe,

    async list(folder) {
      const files: string[] = [];
      for (const entry of await entriesOf(folder)) {
        const path = relativePath(entry);
        if (isHidden(path) || entry.isDirectory()) continue;
        if (entry.isSymbolicLink()) throw linkRefused(describe(path));
        if (entry.isFile()) files.push(path);
      }
      return files;
    },

    // Synchronous: a data set may have a million files, and a promise for each takes several times as long.
    stamp(path) {
      try {
        const { size, mtimeMs } = statSync(join(root, path));
        return `${size}@${mtimeMs}`;
      } catch (cause) {
        throw fileGone(describe(path), cause);
      }
    },

    locate: (path) => ({ path: join(root, path), file: describe(path) }),

    read: (path) =>
      fs.readFile(join(root, path)).catch((cause) => {
        throw fileGone(describe(path), cause);
      }),

    async close() {},
  };
}
