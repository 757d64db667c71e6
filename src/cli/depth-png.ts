/** Depth maps of a model as PNG files. */
import sharp from '../data/sharp.js';
import { FathomError } from '../errors.js';
import type { DepthModel, DepthPlane } from './depth-model.js';
import type { Picture } from './image-files.js';

/**
 * Depth as a PNG at the size of the picture: shares of the maximum depth, larger being farther. Inverse depth, whose
 * scale and shift are unknown, becomes 1 − (d − min) / (max − min) of each picture.
 *
 * Throws a FathomError of code `data` for depth that is not finite.
 */
export async function depthPng(
  { output }: DepthModel,
  { height, width, values }: DepthPlane,
  picture: Picture,
  bits: 8 | 16,
): Promise<Buffer> {
  if (!values.every(Number.isFinite))
    throw new FathomError('data', `${picture.file}: the model gives numbers that are not finite`, {
      hint: 'check --convention, or --mean and --std',
    });
  const [low, span] = output === 'inverse' ? rangeOf(values) : [0, 1];
  const share = (value: number) => (output === 'inverse' ? 1 - (value - low) / span : value);
  const deep = Uint16Array.from(values, (value) =>
    Math.round(65535 * Math.min(1, Math.max(0, share(value)))),
  );
  const data = await sharp(deep, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .resize(picture.width, picture.height, { fit: 'fill', kernel: 'linear' })
    .raw({ depth: 'ushort' })
    .toBuffer();
  const full = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const raw = { width: picture.width, height: picture.height, channels: 1 } as const;
  return bits === 16
    ? sharp(full, { raw }).toColourspace('grey16').png().toBuffer()
    : sharp(
        Uint8Array.from(full, (value) => Math.round(value / 257)),
        { raw },
      )
        .toColourspace('b-w')
        .png()
        .toBuffer();
}

/** Least value and the distance to the greatest; a plane of one value is nowhere nearer than elsewhere. */
function rangeOf(values: Float32Array): [low: number, span: number] {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return [low, high > low ? high - low : 1];
}
