/** Colours: linear RGB inside the renderer, sRGB bytes at its edge, and the palettes of the rooms. */
import type { Random } from './random.js';

/** Linear RGB, 1 is white. */
export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * Linear RGB of a `#rrggbb` colour.
 *
 * @example hex('#ffffff') // [1, 1, 1]
 */
export function hex(code: string): Rgb {
  const channel = (at: number) => {
    const c = Number.parseInt(code.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/** A colour made lighter (`factor` above 1) or darker. */
export function shade(color: Rgb, factor: number): Rgb {
  return [color[0] * factor, color[1] * factor, color[2] * factor];
}

/** The colour `amount` of the way from `a` to `b`. */
export function blend(a: Rgb, b: Rgb, amount: number): Rgb {
  return [a[0] + (b[0] - a[0]) * amount, a[1] + (b[1] - a[1]) * amount, a[2] + (b[2] - a[2]) * amount];
}

const tableSize = 2048;

/** sRGB bytes by the square root of radiance/4: the root spends the entries where the eye sees steps. */
const displayTable = /* @__PURE__ */ (() => {
  const table = new Uint8Array(tableSize + 1);
  for (let i = 0; i <= tableSize; i++) {
    const radiance = 4 * (i / tableSize) ** 2;
    // Highlights roll off above 0.7 instead of clipping to flat white.
    const c = radiance < 0.7 ? radiance : 0.7 + 0.3 * (1 - 1 / (1 + (radiance - 0.7) / 0.3));
    table[i] = Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
  }
  return table;
})();

/** The sRGB byte that shows a linear radiance (0 and up, 4 and more is white). */
export function displayByte(radiance: number): number {
  const at = (Math.sqrt(radiance) * (tableSize / 2) + 0.5) | 0;
  return displayTable[Math.min(at, tableSize)];
}

const palette = (codes: string): readonly Rgb[] => codes.split(' ').map(hex);

/** Colours by what wears them. Clothes and upholstery overlap, so that colour alone does not find a figure. */
export const palettes = {
  wall: palette(
    '#e9dfcd #cfd8dc #d3e0cf #f0d7c2 #b3c8d8 #d2c1af #8ea8a0 #dba28c #74909f #e6d19a #a3b5cb #c4949b #f1eee6 #9dbb9f',
  ),
  wood: palette('#c89b6a #a9744f #8a5a3b #6b4530 #d9b88f #4a352b #e3cba6'),
  tile: palette('#e8e2d6 #b9b2a6 #7f8a8c #c9825f #4f5b61 #d7dcd9 #8fa39a'),
  fabric: palette(
    '#b5524a #3f6c8f #5f8a5b #d39c3f #7b5a8c #33506a #c97b84 #8d8d86 #4a4e69 #e0c9a6 #2f6f6b #d9d4cb',
  ),
  clothes: palette(
    '#c43d3d #2f5f9e #e8e4da #262a33 #4d8b57 #e2b13c #8c5aa3 #d97a4a #6fa8c7 #b5524a #33506a #8d8d86 #e79bb0 #2f6f6b',
  ),
  trousers: palette('#2c3a55 #1f2226 #5a5e63 #8b7a5e #3d4d3b #6d4634 #b9a98a #4f6a8f #7a2f38'),
  skin: palette('#f3d0b8 #e3b08c #c98d62 #9c6540 #6e462f #4c3023'),
  hair: palette('#1f1612 #3f2a1c #6f4728 #b5813f #dcc48c #8f8f8f #93391d #15151a #e4e2dd'),
  paint: palette('#f4f1ea #d9d6ce #3b4a54 #7fa1a6 #c9533f #e6c35c #55704f'),
  leaf: palette('#3f7a3d #5c9448 #2f5f3a #7fa650'),
  book: palette('#8c2f2f #2d4f73 #d8c28a #3d6b4a #59406b #c7743d #e8e2d2 #25282d'),
} as const;

/** A palette colour, a little lighter or darker each time. */
export function tint(random: Random, colors: readonly Rgb[], spread = 0.18): Rgb {
  return shade(random.pick(colors), random.uniform(1 - spread, 1 + spread));
}
