/** Guesses which sub-folder of a data set holds what, by its name. */
import { readdir } from 'node:fs/promises';
import yauzl from 'yauzl';
import { isHidden } from '../data/formats/file-source.js';
import { openFileSource } from '../data/formats/open-file-source.js';
import sharp from '../data/sharp.js';

/** Sub-folders by role, where one was found. */
export interface Layout {
  readonly image?: string;
  readonly mask?: string;
  readonly depth?: string;
  readonly background?: string;
  /** Bits of the first depth file. */
  readonly depthBits?: 8 | 16;
}

/** Words by role. Depth and mask come first: `fg_bg_depth` holds depth, whatever else its name says. */
const words = {
  depth: /depth|disparity/i,
  mask: /mask|label|seg|matte|alpha|annotation/i,
  background: /^(bg|backgrounds?|empty|clean)$/i,
  image: /image|img|rgb|colou?r|photo|input|frame|fg_bg|composite/i,
} as const;

/**
 * The layout of a folder or zip archive.
 * Throws a FathomError of code `data` when `path` is neither.
 *
 * @example await guessLayout('nyu-train.zip') // { image: 'image', mask: 'label', depth: 'depth', depthBits: 8 }
 */
export async function guessLayout(path: string): Promise<Layout> {
  const source = await openFileSource(path);
  try {
    const folders = await foldersOf(path);
    const taken = new Set<string>();
    const layout: { -readonly [Key in keyof Layout]: Layout[Key] } = {};
    for (const [role, pattern] of Object.entries(words) as [keyof typeof words, RegExp][]) {
      const folder = folders.find((name) => !taken.has(name) && pattern.test(name.replace(/^.*\//, '')));
      if (folder === undefined) continue;
      taken.add(folder);
      layout[role] = folder;
    }
    if (layout.depth !== undefined) {
      const [first] = (await source.list(layout.depth)).sort();
      const depth =
        first &&
        (await sharp(await source.read(first))
          .metadata()
          .catch(() => undefined));
      layout.depthBits = depth ? (depth.depth === 'ushort' ? 16 : 8) : undefined;
    }
    return layout;
  } finally {
    await source.close();
  }
}

/** Sub-folders of a folder, or all folders of a `.zip` file, sorted. */
export const foldersOf = (path: string): Promise<string[]> =>
  path.toLowerCase().endsWith('.zip') ? foldersOfZip(path) : foldersOfDirectory(path);

async function foldersOfDirectory(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !isHidden(entry.name))
    .map(({ name }) => name)
    .sort();
}

async function foldersOfZip(path: string): Promise<string[]> {
  const archive = await yauzl.openPromise(path);
  const folders = new Set<string>();
  for await (const { fileName } of archive.eachEntry()) {
    const folder = fileName.replace(/\/?[^/]*$/, '');
    if (folder !== '' && !isHidden(folder)) folders.add(folder);
  }
  return [...folders].sort();
}
