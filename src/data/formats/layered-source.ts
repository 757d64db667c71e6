/** A folder whose sub-folders may be zip archives: `fg_bg/`, or `fg_bg.zip` in its place. */

import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FathomError } from '../../errors.js';
import { directorySource } from './directory.js';
import { type FileSource, missingFolder } from './file-source.js';
import { openFileSource } from './open-file-source.js';
import { zipSource } from './zip.js';

/**
 * Opens `path`, a folder or a zip archive, for the files of its sub-folders `folders`. In a folder, a sub-folder that is
 * not there is looked for as `<name>.zip`. The archive's own folders above and including `<name>` do not count.
 *
 * Throws a FathomError of code `data` when the path or one of the sub-folders is missing, or is damaged.
 *
 * @example await openLayered('/data/study', ['bg', 'fg_bg', 'fg_bg_mask', 'depth_fg_bg'])
 */
export async function openLayered(path: string, folders: readonly string[]): Promise<FileSource> {
  const root = await openFileSource(path);
  if (!(await stat(path)).isDirectory()) return root;
  const archives = new Map<string, FileSource>();
  try {
    for (const folder of new Set(folders)) {
      const kind = await kindOf(path, folder);
      if (kind === 'archive') archives.set(folder, await zipSource(join(path, `${folder}.zip`), folder));
      if (kind === 'missing') await root.list(folder).catch(refuseMissing(path, folder));
    }
  } catch (error) {
    await Promise.all([...archives.values()].map((archive) => archive.close()));
    throw error;
  }
  return archives.size === 0 ? root : layeredSource(path, archives);
}

const isThere = (path: string, is: 'isDirectory' | 'isFile') =>
  stat(path).then(
    (found) => found[is](),
    () => false,
  );

async function kindOf(path: string, folder: string): Promise<'folder' | 'archive' | 'missing'> {
  if (await isThere(join(path, folder), 'isDirectory')) return 'folder';
  return (await isThere(join(path, `${folder}.zip`), 'isFile')) ? 'archive' : 'missing';
}

const refuseMissing = (path: string, folder: string) => (error: FathomError) => {
  throw new FathomError('data', `${join(path, folder)}: no such folder, and no ${folder}.zip`, {
    hint: error.hint,
    cause: error,
  });
};

function layeredSource(path: string, archives: ReadonlyMap<string, FileSource>): FileSource {
  const root = directorySource(path, basename(path));
  /** Where a path of ours lies in its archive. */
  const entries = new Map<string, { archive: FileSource; entry: string }>();
  return {
    name: basename(path),
    describe(file) {
      const found = entries.get(file);
      return found ? found.archive.describe(found.entry) : root.describe(file);
    },
    async list(folder) {
      const archive = archives.get(folder);
      if (!archive) return root.list(folder);
      const files = await archive.list('');
      if (files.length === 0) throw missingFolder(archive.describe(''), folder, []);
      return files.map((entry) => {
        const ours = `${folder}/${entry.split(`${folder}/`).at(-1)}`;
        entries.set(ours, { archive, entry });
        return ours;
      });
    },
    stamp(file) {
      const found = entries.get(file);
      return found ? found.archive.stamp(found.entry) : root.stamp(file);
    },
    locate(file) {
      const found = entries.get(file);
      return found ? found.archive.locate(found.entry) : root.locate(file);
    },
    read(file) {
      const found = entries.get(file);
      return found ? found.archive.read(found.entry) : root.read(file);
    },
    async close() {
      await Promise.all([...archives.values()].map((archive) => archive.close()));
    },
  };
}
