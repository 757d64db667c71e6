/** Finds the files that belong together: an image, its mask and its depth map share a stem. */

import { FathomError } from '../../errors.js';
import type { FileSource } from './file-source.js';

/** Sub-folders by role. */
export interface Folders {
  readonly image: string;
  readonly mask: string;
  readonly depth: string;
  readonly background?: string;
}

/** The paths of one sample. */
export interface SampleFiles {
  /** Path below the image folder without its extension, such as `0007` or `kitchen/0007`. */
  readonly id: string;
  readonly image: string;
  readonly mask: string;
  readonly depth: string;
  readonly background?: string;
}

const pictures = /\.(png|jpe?g|webp|tiff?)$/i;
const picturesAndArrays = /\.(png|jpe?g|webp|tiff?|npy|npz)$/i;

const collator = new Intl.Collator('en', { numeric: true });

/** Natural order: `img2` before `img10`; names that differ only in leading zeros keep one fixed order. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * Pictures below `folder`, with `arrays` also NumPy files, by their paths in it without extension.
 * Throws a FathomError of code `data` when there are none, or two of one name.
 */
export async function filesByStem(
  source: FileSource,
  folder: string,
  { arrays = false }: { arrays?: boolean } = {},
): Promise<Map<string, string>> {
  const extension = arrays ? picturesAndArrays : pictures;
  const prefix = `${folder.replace(/\/+$/, '')}/`;
  const files = new Map<string, string>();
  for (const path of await source.list(folder)) {
    if (!extension.test(path)) continue;
    const stem = path.slice(prefix.length).replace(extension, '');
    const other = files.get(stem);
    if (other !== undefined) {
      const [first, second] = [other, path].sort();
      throw new FathomError(
        'data',
        `${source.describe(second)}: ${source.describe(first)} has the same name`,
        {
          hint: 'files are matched by name without extension: keep one of the two',
        },
      );
    }
    files.set(stem, path);
  }
  if (files.size === 0)
    throw new FathomError('data', `${source.describe(folder)}: holds no images`, {
      hint: arrays
        ? 'expected files that end in .png, .jpg, .webp, .tif, .npy or .npz'
        : 'expected files that end in .png, .jpg, .webp or .tif',
    });
  return files;
}

/**
 * The files of every sample, in natural order of their stems. Masks, depth maps and backgrounds without an image are
 * left out.
 *
 * Throws a FathomError of code `data` for a missing or empty sub-folder, for two files of one stem, and for an image
 * without its mask, depth map or background.
 */
export async function matchFiles(source: FileSource, folders: Folders): Promise<SampleFiles[]> {
  const images = await filesByStem(source, folders.image);
  const ids = [...images.keys()].sort(naturalOrder);

  const partners = async (role: string, folder: string) => {
    const files = await filesByStem(source, folder, { arrays: role === 'depth map' });
    const alone = ids.filter((id) => !files.has(id));
    if (alone.length === ids.length)
      throw new FathomError('data', `${source.describe(folder)}: no file has the name of an image`, {
        hint: `an image and its ${role} share a name without extension, but the first are '${ids[0]}' and '${[...files.keys()].sort(naturalOrder)[0]}'`,
      });
    if (alone.length > 0)
      throw new FathomError(
        'data',
        `${source.describe(images.get(alone[0])!)}: has no ${role}${alone.length > 1 ? ` (nor have ${alone.length - 1} more images)` : ''}`,
        { hint: `add ${source.describe(`${folder}/${alone[0]}.png`)}, or remove the image` },
      );
    return files;
  };

  const masks = await partners('mask', folders.mask);
  const depths = await partners('depth map', folders.depth);
  const backgrounds =
    folders.background === undefined ? undefined : await partners('background', folders.background);
  return ids.map((id) => ({
    id,
    image: images.get(id)!,
    mask: masks.get(id)!,
    depth: depths.get(id)!,
    background: backgrounds?.get(id),
  }));
}
