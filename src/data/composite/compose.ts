/** Makes a data set of composites: cut-outs on backgrounds, with masks and a table of positions. */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FathomError } from '../../errors.js';
import { coverCrop } from '../crop.js';
import { type Encoded, readHeader } from '../decode.js';
import type { FileSource } from '../formats/file-source.js';
import { filesByStem, naturalOrder } from '../formats/match.js';
import { openFileSource } from '../formats/open-file-source.js';
import { limiter } from '../limiter.js';
import { runPool } from '../pool.js';
import { claimRecipe } from '../recipe.js';
import sharp from '../sharp.js';
import { writeFileWhole } from '../write-file.js';
import { blend } from './blend.js';
import { type Cutout, cutoutScaler, decodeCutout } from './cutouts.js';
import { compositeFiles, labelTable } from './labels.js';
import { type Placement, planComposites } from './plan.js';
import { openSink, type Sink } from './sink.js';

/** What {@link composeDataset} makes, and of what. */
export interface ComposeOptions {
  /** A folder or `.zip` file with the two sub-folders below. */
  readonly source: string;
  /** Sub-folder of the cut-outs: PNG or WebP files with transparency. */
  readonly foregrounds: string;
  /** Sub-folder of the backgrounds. */
  readonly backgrounds: string;
  /** Folder to write into. */
  readonly out: string;
  /** Size of the composites. Backgrounds of another shape are cropped about their centre. */
  readonly size: readonly [height: number, width: number];
  /** Composites to make in all, or of each cut-out, as it is and flipped, on each background. */
  readonly count: number | { readonly perPair: number };
  /** Least and greatest height of a cut-out as a share of the frame's height. */
  readonly scale: readonly [low: number, high: number];
  readonly seed: number;
  /** JPEG quality of backgrounds and composites, 1–100; masks are PNG. */
  readonly quality: number;
  /** One stored zip archive for each kind of file in place of a folder. */
  readonly zip: boolean;
  /** Called after each composite; `skipped` of them were there before. */
  readonly onProgress?: (done: number, total: number, skipped: number) => void;
  /** Ends the work with the signal's reason; the same call goes on where it was. */
  readonly signal?: AbortSignal;
}

/** What {@link composeDataset} made. */
export interface ComposeResult {
  readonly backgrounds: number;
  readonly cutouts: number;
  readonly count: number;
  /** Composites made by this call; the others were there. */
  readonly made: number;
}

/** Composites under way: enough to keep libuv's threads busy. */
const concurrency = 32;

/** Changes when the same options give other bytes, so that a folder is never continued with another kind of them. */
const version = 1;

/**
 * Writes a data set in the published study's layout:
 *
 * ```
 * bg/bg001.jpg
 * fg_bg/bg001/fg042_bg001_000000.jpg              the composite
 * fg_bg_mask/bg001/fg042_bg001_mask_000000.png    its coverage, 0–255
 * labels.csv                                      what is where
 * composite.json                                  how it was made
 * ```
 *
 * The files are a function of the source and the options. Where some are there already, the others are added, so a call
 * that was stopped at any moment is continued by the same call and ends in the same bytes.
 *
 * Throws a FathomError: of code `data` for files that are missing or cannot be used, of code `usage` when `out` holds
 * composites made otherwise.
 *
 * @example
 * await composeDataset({
 *   source: 'composite-source.zip', foregrounds: 'fg', backgrounds: 'bg', out: 'composites', size: [96, 96],
 *   count: 20_000, scale: [0.3, 0.7], seed: 0, quality: 90, zip: false,
 * });
 */
export async function composeDataset(options: ComposeOptions): Promise<ComposeResult> {
  const source = await openFileSource(options.source);
  try {
    return await compose(source, options);
  } finally {
    await source.close();
  }
}

async function compose(source: FileSource, options: ComposeOptions): Promise<ComposeResult> {
  const { out, size, scale, seed, quality, zip, signal, onProgress } = options;
  const backgrounds = await picturesOf(source, options.backgrounds);
  const foregrounds = await picturesOf(source, options.foregrounds);
  const pairings = backgrounds.length * foregrounds.length * 2;
  const count = typeof options.count === 'number' ? options.count : options.count.perPair * pairings;

  const files = [...backgrounds, ...foregrounds].map(({ path }) => `${path}\t${source.stamp(path)}`);
  const recipe = {
    ...{ version, size, count, scale, seed, quality, zip },
    source: createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 32),
  };
  await claimRecipe(out, 'composite.json', recipe);

  const load = async (path: string): Promise<Encoded> => ({
    bytes: await source.read(path),
    file: source.describe(path),
  });
  const limit = limiter(concurrency);
  const cutouts: Cutout[] = await Promise.all(
    foregrounds.map(({ name, path }) => limit(async () => decodeCutout(name, await load(path)))),
  );
  const scaled = cutoutScaler(cutouts);
  const place = planComposites({
    ...{ cutouts, size, count, scale, seed },
    backgrounds: backgrounds.map(({ name }) => name),
  });
  const nameOf = ({ background, cutout }: Placement, index: number) =>
    compositeFiles(backgrounds[background].name, cutouts[cutout].name, index);
  await writeFileWhole(join(out, 'labels.csv'), labelTable(count, place, backgrounds, cutouts));

  const sinks = await Promise.all(['bg', 'fg_bg', 'fg_bg_mask'].map((kind) => openSink(out, kind, zip)));
  const [emptySink, imageSink, maskSink] = sinks;
  const jpeg = (pixels: Uint8Array) =>
    sharp(pixels, { raw: { width: size[1], height: size[0], channels: 3 } })
      .jpeg({ quality })
      .toBuffer();
  try {
    let frame: { background: number; pixels: Promise<Uint8Array> } | undefined;
    const frameOf = (background: number) => {
      if (frame?.background !== background)
        frame = {
          background,
          pixels: load(backgrounds[background].path).then((file) => decodeFrame(file, size)),
        };
      return frame.pixels;
    };
    for (const [position, { name }] of backgrounds.entries()) {
      const path = `bg/${name}.jpg`;
      if (!emptySink.has(position, path))
        await emptySink.write(position, path, await jpeg(await frameOf(position)));
    }

    const make = async (index: number, placement: Placement, pixels: Promise<Uint8Array>) => {
      const { image: imagePath, mask: maskPath } = nameOf(placement, index);
      const { image, mask } = blend(
        await pixels,
        size[1],
        await scaled(placement.cutout, placement.width, placement.height),
        placement,
      );
      const write = async (sink: Sink, path: string, encode: () => Promise<Buffer>) => {
        if (!sink.has(index, path)) await sink.write(index, path, await encode());
      };
      await Promise.all([
        write(imageSink, imagePath, () => jpeg(image)),
        write(maskSink, maskPath, () => greyPng(mask, size)),
      ]);
    };
    let done = 0;
    let made = 0;
    await runPool(count, { concurrency, signal }, (index) => {
      const placement = place(index);
      const { image, mask } = nameOf(placement, index);
      if (imageSink.has(index, image) && maskSink.has(index, mask)) {
        done++;
        return undefined;
      }
      return make(index, placement, frameOf(placement.background)).then(() => {
        made++;
        onProgress?.(++done, count, done - made);
      });
    });
    await Promise.all(sinks.map((sink) => sink.finish()));
    return { backgrounds: backgrounds.length, cutouts: cutouts.length, count, made };
  } catch (error) {
    await Promise.allSettled(sinks.map((sink) => sink.close()));
    throw error;
  }
}

/** Pictures of a folder in natural order; a name that has folders in it gets dashes for their separators. */
async function picturesOf(source: FileSource, folder: string): Promise<{ name: string; path: string }[]> {
  const files = await filesByStem(source, folder);
  return [...files]
    .map(([stem, path]) => ({ name: stem.replaceAll('/', '-'), path }))
    .sort((a, b) => naturalOrder(a.name, b.name));
}

/** A background as `[H, W, 3]`, upright, cropped to the frame's shape and resized. */
async function decodeFrame({ bytes, file }: Encoded, size: readonly [number, number]): Promise<Uint8Array> {
  const [height, width] = size;
  await readHeader({ bytes, file });
  try {
    const upright = await sharp(bytes, { failOn: 'error' })
      .rotate()
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { info } = upright;
    return await sharp(upright.data, {
      raw: { width: info.width, height: info.height, channels: info.channels },
    })
      .extract(coverCrop(info.height, info.width, height, width))
      .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
      .toColourspace('srgb')
      .raw()
      .toBuffer();
  } catch (cause) {
    throw new FathomError('data', `${file}: is damaged: its pixels cannot be decoded`, {
      hint: 'copy the file again, or remove it',
      cause,
    });
  }
}

function greyPng(plane: Uint8Array, [height, width]: readonly [number, number]): Promise<Buffer> {
  return sharp(plane, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 6, adaptiveFiltering: false })
    .toBuffer();
}
