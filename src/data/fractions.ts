/** The integers of samples and batches, back to numbers of 0–1. */

/** Numbers of `0…largest` as fractions of the largest: 255 for images and masks, 65535 for depth. */
export function fractions(values: Uint8Array | Uint16Array | Float32Array, largest: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = values[i] / largest;
  return result;
}
