/** Puts furniture along the walls and in the middle of a room, so that no two pieces share ground. */
import type { Point } from './camera.js';
import { palettes, shade, tint } from './color.js';
import { bookcase, chest, cupboard, television } from './cupboards.js';
import type { Piece } from './piece.js';
import type { Random } from './random.js';
import type { Footprint } from './scene.js';
import { bed, chair, coffeeTable, sofa, table } from './seats.js';
import { type Body, createBuilder } from './shape.js';
import { coatStand, floorLamp, plant } from './standing.js';
import { checker, dots, duotone, lozenges, plain, stripes, type Texture } from './texture.js';
import { along, type Wall } from './walls.js';

/** The furniture of a room. */
export interface Furnishing {
  readonly bodies: readonly Body[];
  /** The ground each body stands on. */
  readonly footprints: readonly Footprint[];
  readonly rugs: readonly Body[];
}

/** Metres of floor before the wall behind the camera that stay free. */
const freeLength = 1.5;

const overlaps = (a: Footprint, b: Footprint) => a.x0 < b.x1 && b.x0 < a.x1 && a.z0 < b.z1 && b.z0 < a.z1;

/** Ground for a piece at `(x, z)` turned by a multiple of 90°, `margin` metres wider on all sides. */
function ground(piece: Piece, x: number, z: number, yaw: number, margin: number): Footprint {
  const turned = Math.abs(Math.sin(yaw)) > 0.5;
  const w = (turned ? piece.depth : piece.width) / 2 + margin;
  const d = (turned ? piece.width : piece.depth) / 2 + margin;
  return { x0: x - w, x1: x + w, z0: z - d, z1: z + d };
}

/** Furnishes a room of the given size: up to three pieces at each wall, then the middle. */
export function furnish(random: Random, [width, , length]: Point, walls: readonly Wall[]): Furnishing {
  const footprints: Footprint[] = [];
  const bodies: Body[] = [];
  const put = (piece: Piece, x: number, z: number, yaw: number, margin = 0.04): boolean => {
    const here = ground(piece, x, z, yaw, 0);
    const wide = ground(piece, x, z, yaw, margin);
    const inside =
      here.x0 > 0.01 && here.x1 < width - 0.01 && wide.z0 > freeLength && here.z1 < length - 0.01;
    if (!inside || footprints.some((other) => overlaps(other, wide))) return false;
    const builder = createBuilder([x, 0, z], yaw);
    piece.build(builder);
    bodies.push(builder.body());
    footprints.push(here);
    return true;
  };

  const large = [cupboard, chest, bookcase, sofa, sofa, television, bed];
  const small = [plant, plant, floorLamp, coatStand, chair];
  for (const place of walls) {
    const wanted = random.integer(1, 3);
    for (let n = 0, tries = 0; n < wanted && tries < 6; tries++) {
      const entries = random.chance(0.65) ? large : small;
      if (entries.length === 0) continue;
      const entry = random.pick(entries);
      const piece = entry(random);
      const reach = place.half - piece.width / 2 - 0.03;
      const [x, , z] = along(place, random.uniform(-reach, reach), piece.depth / 2 + 0.03);
      if (!put(piece, x, z, place.yaw)) continue;
      entries.splice(entries.indexOf(entry), 1);
      n++;
    }
  }

  const x = width * random.uniform(0.35, 0.65);
  const z = length * random.uniform(0.45, 0.65);
  const rugs = random.chance(0.6) ? [rug(random, x, z)] : [];
  const middle = random.pick(['free', 'free', 'coffee', 'dining', 'dining']);
  if (middle === 'coffee') put(coffeeTable(random), x, z, 0);
  if (middle === 'dining') {
    const piece = table(random);
    const seat = chair(random);
    const out = piece.depth / 2 + 0.2;
    // Chairs stand half under the table, so their ground may overlap its own.
    if (put(piece, x, z, 0)) {
      if (random.chance(0.7)) put(seat, x + random.uniform(-0.25, 0.25), z + out, Math.PI, -0.15);
      if (random.chance(0.7)) put(seat, x + random.uniform(-0.25, 0.25), z - out, 0, -0.15);
    }
  }
  return { bodies, footprints, rugs };
}

/** A patterned rug with a hem. */
function rug(random: Random, x: number, z: number): Body {
  const color = tint(random, palettes.fabric);
  const half: Point = [random.uniform(0.7, 1.1), 0.006, random.uniform(0.6, 1)];
  const pattern = random.pick([checker(0.25), stripes(0.2), lozenges(0.4), dots(0.25)]);
  const weave = duotone(color, shade(color, 0.6), pattern);
  const hem = plain(tint(random, palettes.clothes));
  const texture: Texture = (at, out) =>
    Math.abs(at.u) > half[0] - 0.1 || Math.abs(at.v) > half[2] - 0.1 ? hem(at, out) : weave(at, out);
  const builder = createBuilder([x, 0, z], 0);
  builder.box([0, half[1], 0], half, texture);
  return builder.body();
}
