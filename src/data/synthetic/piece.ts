/** What a piece of furniture is, and the wood, cloth and legs that many are made of. */
import { palettes, type Rgb, shade, tint } from './color.js';
import type { Random } from './random.js';
import type { Builder } from './shape.js';
import { duotone, grain, mottle, stripes, type Texture } from './texture.js';

/**
 * A piece of furniture before it has a place. It builds itself with its back at local -z. `width` along local x and `depth` along local z,
 * centred, metres.
 */
export interface Piece {
  readonly width: number;
  readonly depth: number;
  readonly height: number;
  build(builder: Builder): void;
}

/** Draws one piece. */
export type Furniture = (random: Random) => Piece;

/** Wood or, now and then, paint: its colour, and its texture with grain. */
export function wood(random: Random): { color: Rgb; texture: Texture } {
  const color = tint(random, random.chance(0.75) ? palettes.wood : palettes.paint);
  return { color, texture: duotone(color, shade(color, 0.72), grain(random.integer(0, 9999))) };
}

/** Plain, striped or woven cloth. */
export function cloth(random: Random): Texture {
  const color = tint(random, palettes.fabric);
  const kind = random.integer(0, 4);
  if (kind === 0) return duotone(color, palettes.paint[0], stripes(random.uniform(0.1, 0.2), 0.4));
  return duotone(shade(color, 0.85), shade(color, 1.1), mottle(0.06, random.integer(0, 9999)));
}

/** Four square legs at the corners of a top `2·x` by `2·z` metres. */
export function legs(
  builder: Builder,
  x: number,
  z: number,
  top: number,
  radius: number,
  look: Texture,
): void {
  for (const [sx, sz] of [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ]) {
    builder.box([sx * (x - radius), top / 2, sz * (z - radius)], [radius, top / 2, radius], look);
  }
}
