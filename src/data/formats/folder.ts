/** A folder or zip archive of images, masks or label maps, depth maps and optional backgrounds as a data set. */

import type { Dataset } from '../dataset.js';
import { fileDataset } from './file-dataset.js';
import type { FileSource } from './file-source.js';
import { matchFiles } from './match.js';
import { openFileSource } from './open-file-source.js';
import { type SceneRule, sceneOf } from './scenes.js';
import type { DepthOptions, MaskOptions } from './truth.js';

/** What {@link openFolder} reads and how; paths below `path` use `/`. */
export interface FolderOptions {
  /** A folder, or a `.zip` file. */
  readonly path: string;
  /** Training size. Files of another shape are cropped about their centre, then resized. */
  readonly size: readonly [height: number, width: number];
  /** Sub-folder of the images. The other files are matched to them by name without extension. */
  readonly image: string;
  readonly mask: MaskOptions;
  readonly depth: DepthOptions;
  /** Sub-folder of the empty scenes. */
  readonly background?: { readonly folder: string };
  /**
   * Which samples belong together. `block`: so many neighbours in natural order of names; `pattern`: those in whose
   * names the first group of this regular expression is the same. Without it, every sample is its own scene.
   */
  readonly scene?: SceneRule;
  /** Uses only the first so many samples, in natural order. */
  readonly limit?: number;
}

/**
 * Opens a data set of files. Only names are looked at; {@link checkSamples} reads the files themselves.
 *
 * Throws a FathomError of code `data` that names the file for everything names can tell: a missing or empty folder,
 * an image without its mask, depth map or background, a link, a damaged archive.
 *
 * @example
 * const rooms = await openFolder({
 *   path: '/data/rooms.zip', size: [96, 128], image: 'image',
 *   mask: { folder: 'mask' }, depth: { folder: 'depth', scale: 0.001, maxDepth: 10 },
 * });
 */
export async function openFolder(options: FolderOptions): Promise<Dataset> {
  const source = await openFileSource(options.path);
  try {
    return await openSource(source, options);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openSource(source: FileSource, options: FolderOptions): Promise<Dataset> {
  const matched = await matchFiles(source, {
    image: options.image,
    mask: options.mask.folder,
    depth: options.depth.folder,
    background: options.background?.folder,
  });
  const samples = matched.slice(0, options.limit);
  const scenes = samples.map(sceneOf(options.scene, source));
  const { path: _, ...decisive } = options;
  return fileDataset(source, samples, scenes, decisive);
}
