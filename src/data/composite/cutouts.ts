/** Foreground cut-outs: read, freed of their empty margins, and scaled. */

import { FathomError } from '../../errors.js';
import { type Encoded, readHeader } from '../decode.js';
import sharp from '../sharp.js';

/** A picture of a foreground with transparency, without its empty margins. */
export interface Cutout {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** `[height, width, 4]` RGBA. */
  readonly rgba: Buffer;
}

/**
 * Decodes a cut-out and removes the margins in which nothing is opaque.
 *
 * Throws a FathomError of code `data` that names the file: when it cannot be read, has no transparency, or nothing else.
 */
export async function decodeCutout(name: string, { bytes, file }: Encoded): Promise<Cutout> {
  await readHeader({ bytes, file });
  const { data, info } = await sharp(bytes, { failOn: 'error' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause) => {
      throw new FathomError('data', `${file}: is damaged: its pixels cannot be decoded`, {
        hint: 'copy the file again, or remove it',
        cause,
      });
    });
  const { width, height } = info;
  const box = { left: width, top: height, right: 0, bottom: 0 };
  let transparent = false;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const alpha = data[4 * (y * width + x) + 3];
      transparent ||= alpha < 255;
      if (alpha === 0) continue;
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x + 1);
      box.top = Math.min(box.top, y);
      box.bottom = y + 1;
    }
  if (!transparent)
    throw new FathomError('data', `${file}: has no transparency, so it is no cut-out`, {
      hint: 'give PNG or WebP files whose background is transparent',
    });
  if (box.right === 0) throw new FathomError('data', `${file}: is wholly transparent`, { hint: 'remove it' });
  const trimmed = { width: box.right - box.left, height: box.bottom - box.top };
  const rgba = Buffer.alloc(4 * trimmed.width * trimmed.height);
  for (let row = 0; row < trimmed.height; row++) {
    const from = 4 * ((box.top + row) * width + box.left);
    data.copy(rgba, 4 * row * trimmed.width, from, from + 4 * trimmed.width);
  }
  return { name, ...trimmed, rgba };
}

/** `[height, width, 4]` RGBA of a cut-out, resized with Lanczos and colours weighted by alpha. */
export async function resizeCutout(cutout: Cutout, width: number, height: number): Promise<Buffer> {
  return sharp(cutout.rgba, { raw: { width: cutout.width, height: cutout.height, channels: 4 } })
    .resize(width, height, { fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
}

/** Room for scaled cut-outs that are used again. */
const cacheBytes = 256 * 2 ** 20;

/**
 * {@link resizeCutout} that keeps what it made, the longest unused going first when 256 MiB are full: heights are whole
 * pixels, so the same cut-out comes in the same size again and again.
 */
export function cutoutScaler(cutouts: readonly Cutout[]) {
  const kept = new Map<string, Promise<Buffer>>();
  let bytes = 0;
  return (index: number, width: number, height: number): Promise<Buffer> => {
    const key = `${index}:${width}x${height}`;
    let scaled = kept.get(key);
    if (scaled) kept.delete(key);
    else {
      scaled = resizeCutout(cutouts[index], width, height);
      bytes += 4 * width * height;
    }
    kept.set(key, scaled);
    for (const [oldest] of kept) {
      if (bytes <= cacheBytes || oldest === key) break;
      const [, oldWidth, oldHeight] = /:(\d+)x(\d+)$/.exec(oldest)!;
      bytes -= 4 * Number(oldWidth) * Number(oldHeight);
      kept.delete(oldest);
    }
    return scaled;
  };
}
