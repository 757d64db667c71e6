/** The one geometry of all planes of a sample: the largest centred part of the training shape, then a resize. */

/** A rectangle of source pixels. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The largest centred rectangle of a `[sourceHeight, sourceWidth]` image with the shape of `[height, width]`. */
export function coverCrop(sourceHeight: number, sourceWidth: number, height: number, width: number): Crop {
  const wide = sourceWidth * height > sourceHeight * width;
  const cropWidth = wide ? Math.max(1, Math.round((sourceHeight * width) / height)) : sourceWidth;
  const cropHeight = wide ? sourceHeight : Math.max(1, Math.round((sourceWidth * height) / width));
  return {
    left: Math.floor((sourceWidth - cropWidth) / 2),
    top: Math.floor((sourceHeight - cropHeight) / 2),
    width: cropWidth,
    height: cropHeight,
  };
}

/** For each of `count` target pixels along one axis, the source pixel of `[start, start + length)` under its centre. */
export function nearestIndices(start: number, length: number, count: number): Int32Array {
  const indices = new Int32Array(count);
  for (let i = 0; i < count; i++) indices[i] = start + Math.floor(((i + 0.5) * length) / count);
  return indices;
}
