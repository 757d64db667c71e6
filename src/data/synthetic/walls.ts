/** Floors and walls, and what hangs on the walls: pictures, windows and doors. */
import type { Point } from './camera.js';
import { palettes, type Rgb, shade, tint } from './color.js';
import { door, picture, windowPane } from './panel.js';
import type { Random } from './random.js';
import { type Body, createBuilder } from './shape.js';
import {
  above,
  checker,
  dots,
  duotone,
  lozenges,
  mottle,
  plain,
  planks,
  stripes,
  type Texture,
  tiles,
} from './texture.js';

/** Boards, tiles or carpet. */
export function floor(random: Random): Texture {
  const seed = random.integer(0, 9999);
  const kind = random.pick(['planks', 'planks', 'planks', 'checker', 'tiles', 'carpet']);
  if (kind === 'planks') {
    const wood = tint(random, palettes.wood);
    const pattern = planks(random.uniform(0.12, 0.2), random.uniform(0.9, 1.5), seed, random.chance(0.6));
    return duotone(shade(wood, 1.1), shade(wood, 0.5), pattern);
  }
  if (kind === 'carpet') {
    const color = tint(random, palettes.fabric);
    return duotone(shade(color, 0.8), shade(color, 1.1), mottle(0.09, seed));
  }
  const color = tint(random, palettes.tile);
  if (kind === 'checker')
    return duotone(color, shade(color, random.uniform(0.2, 0.55)), checker(random.uniform(0.3, 0.5)));
  return duotone(color, shade(color, 0.5), tiles(random.uniform(0.3, 0.5), seed));
}

/** Paint or paper above a skirting board, at times with a darker wainscot. */
export function wall(random: Random, color: Rgb): Texture {
  const second = random.chance(0.5) ? shade(color, 0.8) : shade(color, 1.15);
  const paint = plain(color);
  const paper = random.pick([
    paint,
    paint,
    duotone(color, second, stripes(random.uniform(0.14, 0.4))),
    duotone(color, second, dots(random.uniform(0.18, 0.32))),
    duotone(color, second, lozenges(random.uniform(0.3, 0.5))),
  ]);
  const skirting = plain(palettes.paint[0]);
  if (!random.chance(0.25)) return above(0.1, skirting, paper);
  const panels = duotone(shade(color, 0.62), shade(color, 0.5), stripes(0.14, 0.08));
  return above(0.1, skirting, above(0.9, panels, above(0.95, skirting, paper)));
}

/** A wall that the camera sees: the middle of its foot, the way it faces, and how far it runs to either side. */
export interface Wall {
  readonly middle: Point;
  readonly yaw: number;
  readonly half: number;
}

/** The far wall and the parts of the side walls before the camera. */
export function wallsOf([width, , length]: Point): readonly Wall[] {
  const half = length / 2 - 0.7;
  return [
    { middle: [width / 2, 0, length], yaw: Math.PI, half: width / 2 },
    { middle: [0, 0, length - half], yaw: Math.PI / 2, half },
    { middle: [width, 0, length - half], yaw: -Math.PI / 2, half },
  ];
}

/** The place on the floor `offset` metres along a wall and `out` metres before it. */
export function along({ middle, yaw }: Wall, offset: number, out: number): Point {
  const [cos, sin] = [Math.cos(yaw), Math.sin(yaw)];
  return [middle[0] + offset * cos + out * sin, 0, middle[2] - offset * sin + out * cos];
}

/** One thing to hang: its size, the height of its centre, and its front. */
interface Hanging {
  readonly wide: number;
  readonly high: number;
  readonly y: number;
  readonly glow: number;
  readonly front: Texture;
}

function drawHanging(random: Random, ceiling: number): Hanging {
  const kind = random.pick(['picture', 'picture', 'window', 'door']);
  if (kind === 'door') {
    const color = tint(random, random.chance(0.5) ? palettes.paint : palettes.wood);
    return { wide: 0.9, high: 2, y: 1, glow: 0, front: door(color, 0.9, 2) };
  }
  const isWindow = kind === 'window';
  const wide = isWindow ? random.uniform(0.9, 1.6) : random.uniform(0.4, 1);
  const high = isWindow ? random.uniform(0.9, 1.3) : random.uniform(0.4, 0.8);
  const y = Math.min(ceiling - high / 2 - 0.15, random.uniform(1.5, 1.7));
  const front = (isWindow ? windowPane : picture)(random, wide, high);
  return { wide, high, y, glow: isWindow ? 1.15 : 0, front };
}

/** Hangs up to three things on each wall; `light` has the direction into the room of each window. */
export function hang(
  random: Random,
  walls: readonly Wall[],
  ceiling: number,
): { things: Body[]; light: Point[] } {
  const things: Body[] = [];
  const light: Point[] = [];
  for (const place of walls) {
    const spans: { from: number; to: number }[] = [];
    const wanted = random.integer(1, 3);
    for (let n = 0; n < wanted; n++) {
      const { wide, high, y, glow, front } = drawHanging(random, ceiling);
      const offset = random.uniform(-1, 1) * (place.half - wide / 2 - 0.1);
      const span = { from: offset - wide / 2 - 0.1, to: offset + wide / 2 + 0.1 };
      if (spans.some(({ from, to }) => span.from < to && from < span.to)) continue;
      spans.push(span);
      const builder = createBuilder(along(place, offset, 0.02), place.yaw);
      builder.box([0, y, 0], [wide / 2, high / 2, 0.02], { texture: plain(palettes.paint[0]), front, glow });
      things.push(builder.body());
      if (glow > 0) light.push([Math.sin(place.yaw), 0, Math.cos(place.yaw)]);
    }
  }
  return { things, light };
}
