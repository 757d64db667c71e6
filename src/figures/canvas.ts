/** A canvas of RGB pixels that pictures are pasted on, magnified by whole numbers. */
import { encodePng, type Pixels } from './render.js';

/** The memory of the last canvas: to take it anew from the system costs as much as to draw on it. */
let spare: Buffer | undefined;

/** Draws on a white canvas, `[height, width, 3]`. Returns it as a PNG. */
export async function drawOnCanvas(
  width: number,
  height: number,
  draw: (canvas: Pixels) => void,
): Promise<Buffer> {
  const size = width * height * 3;
  const memory = spare && spare.length >= size ? spare : Buffer.allocUnsafeSlow(size);
  spare = undefined;
  try {
    const canvas = { pixels: memory.subarray(0, size).fill(255), width, height, channels: 3 } as const;
    draw(canvas);
    return await encodePng(canvas);
  } finally {
    spare = memory;
  }
}

/**
 * Copies an RGB picture to `(left, top)` on an RGB canvas, each of its pixels `zoom` × `zoom` large. It must lie within the canvas.
 */
export function paste(canvas: Pixels, picture: Pixels, left: number, top: number, zoom = 1): void {
  const { pixels } = canvas;
  const line = canvas.width * 3;
  let from = 0;
  for (let y = 0; y < picture.height; y++) {
    const start = (top + y * zoom) * line + left * 3;
    let at = start;
    for (let x = 0; x < picture.width; x++, from += 3) {
      const red = picture.pixels[from];
      const green = picture.pixels[from + 1];
      const blue = picture.pixels[from + 2];
      for (let copy = 0; copy < zoom; copy++) {
        pixels[at++] = red;
        pixels[at++] = green;
        pixels[at++] = blue;
      }
    }
    for (let copy = 1; copy < zoom; copy++) pixels.copyWithin(start + copy * line, start, at);
  }
}
