/** Proposes the `dataset` block of a configuration for data that it looks at. */
import { readdir, stat } from 'node:fs/promises';
import { decodePlane, readHeader } from '../data/decode.js';
import type { FileSource } from '../data/formats/file-source.js';
import { openLayered } from '../data/formats/layered-source.js';
import { filesByStem, naturalOrder } from '../data/formats/match.js';
import { decodeArray, isArrayFile } from '../data/formats/npy.js';
import { readRecipe } from '../data/recipe.js';
import { FathomError } from '../errors.js';
import { foldersOf, guessLayout } from './guess-layout.js';

/** Files of a kind that are looked at. */
const examined = 8;

/** Integers below this, a few of them, are labels. */
const maxLabels = 64;

/**
 * The keys of `dataset` for a folder, a `.zip` file or a `.mat` file, as a configuration would hold them.
 *
 * Throws a FathomError of code `data` when images, masks or depth maps are not found.
 *
 * @example await proposeDataset('nyu-train.zip') // { kind: 'folder', path: 'nyu-train.zip', image: 'image', … }
 */
export async function proposeDataset(path: string): Promise<Record<string, unknown>> {
  if (/\.mat$/i.test(path)) return { kind: 'nyu', path, size: [96, 128] };
  const names = await kindsIn(path);
  const composite = names.has('fg_bg') && names.has('fg_bg_mask') && names.has('bg');
  return composite ? proposeComposite(path, names) : proposeFolder(path);
}

/** Names of sub-folders, and of archives without `.zip`. */
async function kindsIn(path: string): Promise<Set<string>> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return new Set(found ? await foldersOf(path) : []);
  const archives = (await readdir(path)).filter((name) => /\.zip$/i.test(name));
  return new Set([...(await foldersOf(path)), ...archives.map((name) => name.replace(/\.zip$/i, ''))]);
}

async function proposeComposite(path: string, names: ReadonlySet<string>): Promise<Record<string, unknown>> {
  const depth = ['depth_fg_bg', 'fg_bg_depth', 'depth'].find((name) => names.has(name));
  if (depth === undefined)
    throw new FathomError('data', `${path}: the composites have no depth yet`, {
      hint: 'make it with: fathom data label (see docs/data.md)',
    });
  const source = await openLayered(path, ['fg_bg', 'bg', depth]);
  try {
    const images = await filesByStem(source, 'fg_bg');
    const backgrounds = await filesByStem(source, 'bg');
    const pattern = numberPattern([...images.keys()], [...backgrounds.keys()]);
    const { scale, maxDepth, unit } = await readRecipe(path, `${depth}.json`);
    let meaning: Record<string, unknown> = { scale, maxDepth, unit, invalid: [] };
    if (scale === undefined) {
      const seen = await depthMeaning(await first(source, depth));
      meaning = { ...seen, invalid: seen.unit === '' ? [] : [0] };
    }
    return {
      ...{ kind: 'composite', path },
      depth: { folder: depth, ...meaning },
      ...(pattern && { background: { folder: 'bg', pattern } }),
      size: await trainingSize(await first(source, 'fg_bg')),
    };
  } finally {
    await source.close();
  }
}

/** The pattern by which `img_0050` belongs to `bg_005`, where names of numbers are all there is. */
function numberPattern(images: readonly string[], backgrounds: readonly string[]): string | undefined {
  const digits = (names: readonly string[]) =>
    new Set(names.map((name) => /^[a-z]*[_-]?(\d+)$/i.exec(name)?.[1].length));
  const [ofImages, ofBackgrounds] = [digits(images), digits(backgrounds)];
  const [long, short] = [[...ofImages][0], [...ofBackgrounds][0]];
  if (ofImages.size !== 1 || ofBackgrounds.size !== 1 || !long || !short || long <= short) return undefined;
  return `(\\d{${short}})\\d{${long - short}}$`;
}

async function proposeFolder(path: string): Promise<Record<string, unknown>> {
  const { image, mask, depth, background } = await guessLayout(path);
  const missing = Object.entries({ images: image, masks: mask, 'depth maps': depth }).filter(
    ([, folder]) => !folder,
  );
  if (image === undefined || mask === undefined || depth === undefined)
    throw new FathomError(
      'data',
      `${path}: no folder looks like ${missing.map(([role]) => role).join(', or ')}`,
      {
        hint: 'expected folders such as image, mask and depth; or write fathom.yaml with fathom init, and inspect that',
      },
    );
  const source = await openLayered(path, [image, mask, depth]);
  try {
    return {
      ...{ kind: 'folder', path, image },
      mask: { folder: mask, ...(await maskMeaning(source, mask)) },
      depth: { folder: depth, ...(await depthMeaning(await first(source, depth))) },
      ...(background && { background: { folder: background } }),
      size: await trainingSize(await first(source, image)),
    };
  } finally {
    await source.close();
  }
}

/** The first files of a folder, by name. */
async function first(source: FileSource, folder: string) {
  const files = [...(await filesByStem(source, folder, { arrays: true })).values()].sort(naturalOrder);
  return Promise.all(
    files
      .slice(0, examined)
      .map(async (path) => ({ bytes: await source.read(path), file: source.describe(path) })),
  );
}

type Examples = Awaited<ReturnType<typeof first>>;

/** A size of about 96 × 96 pixels with the shape of the images, each side a multiple of 16. */
async function trainingSize([example]: Examples): Promise<number | [number, number]> {
  const { width, height } = await readHeader(example);
  const scale = 96 / Math.min(width, height);
  const [h, w] = [height, width].map((side) => Math.max(16, Math.round((side * scale) / 16) * 16));
  return h === w ? h : [h, w];
}

/** Label lists when the masks hold a few small numbers, nothing when they are grey. */
async function maskMeaning(source: FileSource, folder: string): Promise<Record<string, unknown>> {
  const values = new Set<number>();
  for (const example of await first(source, folder)) {
    const header = await readHeader(example);
    if (!header.png) return {};
    for (const value of (await decodePlane(example, header, { labels: true })).data) values.add(value);
  }
  const labels = [...values].filter((value) => value !== 255).sort((a, b) => a - b);
  const grey = labels.every((value) => value === 0) || labels.some((value) => value >= maxLabels);
  return grey ? {} : { background: [labels[0]], ...(values.has(255) && { ignore: [255] }) };
}

/** Scale, maximum and unit of depth files: what their numbers can only be, and otherwise what they most often are. */
async function depthMeaning(
  examples: Examples,
): Promise<{ scale: number | string; maxDepth: number; unit: string }> {
  let most = 0;
  let kind: 'array' | 'deep' | 'byte' = 'byte';
  for (const example of examples) {
    const array = isArrayFile(example.file);
    const header = array ? undefined : await readHeader(example);
    const { data } = header
      ? await decodePlane(example, header, { labels: false })
      : await decodeArray(example);
    kind = array ? 'array' : header?.bits === 16 ? 'deep' : 'byte';
    for (let i = 0; i < data.length; i++) if (Number.isFinite(data[i]) && data[i] > most) most = data[i];
  }
  if (kind === 'byte') return { scale: '1/255', maxDepth: 1, unit: '' };
  // 16-bit integers up to 40,000 are millimetres; relative depth fills the range.
  if (kind === 'deep' && most > 40_000) return { scale: '1/65535', maxDepth: 1, unit: '' };
  const scale = kind === 'deep' ? '1/1000' : 1;
  return { scale, maxDepth: Math.max(1, Math.ceil(kind === 'deep' ? most / 1000 : most)), unit: 'm' };
}
