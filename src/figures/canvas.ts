/** A canvas of RGB pixels that pictures are pasted on, magnified by whole numbers. */
import type { Pixels } from './render.js';

/** A white canvas, `[height, width, 3]`. */
export const createCanvas = (width: number, height: number): Pixels => ({
  pixels: Buffer.alloc(width * height * 3, 255),
  width,
  height,
  channels: 3,
});

/**
 * Copies a picture to `(left, top)` on an RGB canvas, each of its pixels `zoom` × `zoom` large. It must lie within the canvas.
 */
export function paste(canvas: Pixels, picture: Pixels, left: number, top: number, zoom = 1): void {
  const { pixels } = canvas;
  const line = canvas.width * 3;
  for (let y = 0; y < picture.height; y++) {
    const start = (top + y * zoom) * line + left * 3;
    let at = start;
    for (let x = 0; x < picture.width; x++) {
      const from = (y * picture.width + x) * picture.channels;
      for (let copy = 0; copy < zoom; copy++)
        for (let channel = 0; channel < 3; channel++) pixels[at++] = picture.pixels[from + channel];
    }
    for (let copy = 1; copy < zoom; copy++) pixels.copyWithin(start + copy * line, start, at);
  }
}
