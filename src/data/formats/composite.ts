/** The published study's layout: composites nested by background, their masks and depth maps, and the empty scenes. */

import { FathomError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { fileDataset } from './file-dataset.js';
import type { FileSource } from './file-source.js';
import { openLayered } from './layered-source.js';
import { filesByStem, naturalOrder, type SampleFiles } from './match.js';
import { regularExpression } from './scenes.js';
import type { DepthOptions, MaskOptions } from './truth.js';

/** What {@link openComposite} reads and how. */
export interface CompositeOptions {
  /** A folder with the sub-folders below, or with one `.zip` for each; or a `.zip` of all. */
  readonly path: string;
  /** Training size. Files of another shape are cropped about their centre, then resized. */
  readonly size: readonly [height: number, width: number];
  /** Sub-folder of the composites. */
  readonly image: string;
  readonly mask: MaskOptions;
  readonly depth: DepthOptions;
  readonly background: {
    /** Sub-folder of the empty scenes. */
    readonly folder: string;
    /**
     * A regular expression whose first group, in the path of a composite below its folder, is the name of its
     * background or the digits that name ends in.
     */
    readonly pattern?: string;
  };
  /** Uses only the first so many composites, in natural order. */
  readonly limit?: number;
}

/**
 * Opens a data set of composites. A mask or depth map belongs to the composite whose file name is the same but for the
 * words `mask`, `depth` and `map` between its `_` and `-`. A composite belongs to the background that its pattern
 * says; without one to that after which its folder is called; otherwise to the one whose name is part of its own. The
 * background is its scene.
 *
 * Throws a FathomError of code `data` that names the file: for a missing folder or archive, and for a composite without
 * its mask, depth map or background.
 *
 * @example
 * const composites = await openComposite({
 *   path: '/data/study', size: [96, 96], image: 'fg_bg', mask: { folder: 'fg_bg_mask' },
 *   depth: { folder: 'depth_fg_bg', scale: 1 / 255, maxDepth: 1, unit: '', invalid: [] }, background: { folder: 'bg' },
 * });
 */
export async function openComposite(options: CompositeOptions): Promise<Dataset> {
  const { path, ...decisive } = options;
  const { image, mask, depth, background } = options;
  const source = await openLayered(path, [image, mask.folder, depth.folder, background.folder]);
  try {
    const samples = await matchComposites(source, options);
    const chosen = samples.slice(0, options.limit);
    const scenes = chosen.map((sample) => sample.scene);
    return fileDataset(source, chosen, scenes, decisive);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The words by which the files of one composite differ. */
const role = /(^|[_-])(mask|depth|map)(?=[_-]|$)/gi;

/** File name of a stem without the words of its role. */
const keyOf = (stem: string) => stem.replace(/^.*\//, '').replace(role, '').replace(/^[_-]/, '');

/** The same with the folder before it. */
const longKeyOf = (stem: string) => `${/([^/]*)\/[^/]*$/.exec(stem)?.[1] ?? ''}/${keyOf(stem)}`;

async function matchComposites(
  source: FileSource,
  { image, mask, depth, background }: CompositeOptions,
): Promise<(SampleFiles & { readonly scene: string })[]> {
  const images = await filesByStem(source, image);
  const ids = [...images.keys()].sort(naturalOrder);
  // Names that carry a number of their own are unique, whatever the folders of an archive are called.
  const key = new Set(ids.map(keyOf)).size === ids.length ? keyOf : longKeyOf;

  const partners = async (what: string, folder: string) => {
    const files = await filesByStem(source, folder, { arrays: what === 'depth map' });
    const byKey = new Map([...files].map(([stem, path]) => [key(stem), path]));
    const alone = ids.filter((id) => !byKey.has(key(id)));
    if (alone.length > 0)
      throw new FathomError(
        'data',
        `${source.describe(images.get(alone[0])!)}: has no ${what} in ${folder}${alone.length > 1 ? ` (nor have ${alone.length - 1} more images)` : ''}`,
        {
          hint: `expected a file called like ${alone[0]}, with or without _mask or _depth; the first there is ${[...files.keys()].sort(naturalOrder)[0]}`,
        },
      );
    return (id: string) => byKey.get(key(id))!;
  };
  const maskOf = await partners('mask', mask.folder);
  const depthOf = await partners('depth map', depth.folder);
  const backgrounds = await filesByStem(source, background.folder);
  const sceneOf = backgroundFinder([...backgrounds.keys()], background.pattern);
  return ids.map((id) => {
    const scene = sceneOf(id);
    if (scene === undefined)
      throw new FathomError('data', `${source.describe(images.get(id)!)}: its background is not known`, {
        hint: `its folder or name should hold the name of one, such as '${[...backgrounds.keys()].sort(naturalOrder)[0]}'; or set background.pattern`,
      });
    return {
      ...{ id, scene, image: images.get(id)!, mask: maskOf(id), depth: depthOf(id) },
      background: backgrounds.get(scene),
    };
  });
}

/** A function from the stem of a composite to that of its background, undefined where that is not known. */
export function backgroundFinder(stems: readonly string[], pattern: string | undefined) {
  const names = new Set(stems);
  const byDigits = new Map(stems.map((stem) => [/\d*$/.exec(stem)![0], stem]));
  if (pattern !== undefined) {
    const expression = regularExpression(pattern, 'background');
    return (id: string): string | undefined => {
      const found = expression.exec(id)?.[1];
      if (found === undefined) return undefined;
      return names.has(found) ? found : byDigits.get(found);
    };
  }
  // The longest name first: bg_1 is part of bg_10.
  const longest = [...stems].sort((a, b) => b.length - a.length);
  const contains = (name: string, part: string) => {
    const at = name.indexOf(part);
    return (
      at >= 0 && !/[a-z\d]/i.test(name.charAt(at - 1)) && !/[a-z\d]/i.test(name.charAt(at + part.length))
    );
  };
  return (id: string): string | undefined => {
    const folder = /([^/]+)\/[^/]*$/.exec(id)?.[1];
    if (folder !== undefined && names.has(folder)) return folder;
    return longest.find((stem) => contains(id, stem));
  };
}
