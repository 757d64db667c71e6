/** Brightness, contrast, saturation, hue and noise: one linear map of each pixel's colour, and a random number a value. */
import { createRandom, type Random } from '../synthetic/random.js';
import type { Augmentation } from './draw.js';

/** Weights of red, green and blue in a grey of the same luminance (Rec. 709, as CSS filters use them). */
const luma = [0.213, 0.715, 0.072] as const;

/** Derivative of a rotation of hue at constant luminance; source: W3C Filter Effects, `hueRotate`. */
const turn = [-0.213, -0.715, 0.928, 0.143, 0.14, -0.283, -0.787, 0.715, 0.072] as const;

/** `[3, 3]`, row by row: what becomes of the distance from grey is scaled and turned, the grey is kept. */
function chroma(saturation: number, hue: number): number[] {
  const cosine = saturation * Math.cos(2 * Math.PI * hue);
  const sine = saturation * Math.sin(2 * Math.PI * hue);
  return turn.map((slope, i) => {
    const grey = luma[i % 3];
    const identity = i % 4 === 0 ? 1 : 0;
    return grey + cosine * (identity - grey) + sine * slope;
  });
}

function meanGrey(image: Uint8Array): number {
  const area = image.length / 3;
  let sum = 0;
  for (let i = 0; i < area; i++)
    sum += luma[0] * image[i] + luma[1] * image[area + i] + luma[2] * image[2 * area + i];
  return sum / area;
}

/** Bits of a random number that choose one value of the noise. */
const noiseBits = 10;

let normalTable: Float32Array | undefined;

/** 1024 numbers distributed like a standard normal variable: Box and Muller's transform of a regular grid. */
function normals(): Float32Array {
  if (normalTable) return normalTable;
  const side = 2 ** (noiseBits / 2);
  const values = Float32Array.from({ length: side * side }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log((Math.floor(i / side) + 0.5) / side));
    return radius * Math.cos((2 * Math.PI * ((i % side) + 0.5)) / side);
  });
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  normalTable = values.map((x) => x / deviation);
  return normalTable;
}

/** Recolours an image `[3, H, W]` in place; the noise is another one for each `stream`. */
export type Recolour = (image: Uint8Array, stream: number) => void;

/**
 * The colours of one augmentation. All images get the map that suits `reference`, so that an empty scene and its
 * composite stay alike.
 */
export function recolour(augmentation: Augmentation, reference: Uint8Array): Recolour {
  const { brightness, contrast, saturation, hue, noise, noiseSeed } = augmentation;
  const gain = brightness * contrast;
  const offset = contrast === 1 ? 0 : brightness * (1 - contrast) * meanGrey(reference);
  const isIdentity = saturation === 1 && hue === 0 && gain === 1 && offset === 0;
  const matrix = chroma(saturation, hue).map((weight) => gain * weight);
  return (image, stream) => {
    // Rounds and clamps what is written.
    const values = new Uint8ClampedArray(image.buffer, image.byteOffset, image.length);
    if (!isIdentity) mapColours(values, matrix, offset);
    if (noise > 0) addNoise(values, 255 * noise, createRandom(noiseSeed, stream));
  };
}

function mapColours(values: Uint8ClampedArray, matrix: readonly number[], offset: number): void {
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = matrix;
  const area = values.length / 3;
  for (let red = 0, green = area, blue = 2 * area; red < area; red++, green++, blue++) {
    const r = values[red];
    const g = values[green];
    const b = values[blue];
    values[red] = rr * r + rg * g + rb * b + offset;
    values[green] = gr * r + gg * g + gb * b + offset;
    values[blue] = br * r + bg * g + bb * b + offset;
  }
}

/** Adds normal noise of a standard deviation in grey levels: one random number a pixel serves its three channels. */
function addNoise(values: Uint8ClampedArray, deviation: number, random: Random): void {
  const noise = normals().map((value) => value * deviation);
  const mask = noise.length - 1;
  const area = values.length / 3;
  for (let red = 0, green = area, blue = 2 * area; red < area; red++, green++, blue++) {
    const bits = random.integer(0, 2 ** (3 * noiseBits) - 1);
    values[red] += noise[bits & mask];
    values[green] += noise[(bits >> noiseBits) & mask];
    values[blue] += noise[bits >> (2 * noiseBits)];
  }
}
