/** The room generator: the shell, its light, what fills it, and the view of it. */
import type { Point } from './camera.js';
import { hex, palettes, tint } from './color.js';
import { furnish } from './furnishing.js';
import type { Random } from './random.js';
import type { Scene } from './scene.js';
import { type Body, createBuilder } from './shape.js';
import { bricks, plain } from './texture.js';
import { floor, hang, wall, wallsOf } from './walls.js';

/**
 * Generates a furnished room, 3.6–5.6 m wide, 4.6–7.4 m long and 2.4–3 m high.
 *
 * @example createRoom(createRandom(seed, scene))
 */
export function createRoom(random: Random): Scene {
  const size: Point = [random.uniform(3.6, 5.6), random.uniform(2.4, 3), random.uniform(4.6, 7.4)];
  const [width, height, length] = size;
  const base = wall(random, tint(random, palettes.wall, 0.08));
  const accent = random.chance(0.15)
    ? bricks(hex('#a85f47'), hex('#d8cfc4'), random.integer(0, 9999))
    : random.chance(0.4)
      ? wall(random, tint(random, palettes.wall, 0.1))
      : base;
  const textures = [base, base, floor(random), plain(hex('#f2efe8')), base, accent];
  const walls = wallsOf(size);
  const { bodies, footprints, rugs } = furnish(random, size, walls);
  const { things, light } = hang(random, walls, height);
  const lamp: Point = [
    width * random.uniform(0.35, 0.65),
    height - random.uniform(0.3, 0.5),
    length * random.uniform(0.4, 0.65),
  ];
  const warmth = random.uniform(0, 1);
  const strength = random.uniform(1.05, 1.4);
  const ambient = random.uniform(0.25, 0.35);
  return {
    size,
    textures,
    lighting: {
      lamp,
      lampColor: [strength, strength * (0.95 - 0.1 * warmth), strength * (0.88 - 0.24 * warmth)],
      ambientColor: [ambient * (0.98 - 0.06 * warmth), ambient, ambient * 1.08],
      windowDirection: light[0] ?? [0, 0, 0],
    },
    furniture: bodies,
    decor: [...rugs, ...things, pendant(random, lamp, height)],
    footprints,
    view: {
      position: [width * random.uniform(0.3, 0.7), random.uniform(1.25, 1.75), random.uniform(0.25, 0.6)],
      yaw: random.uniform(-0.2, 0.2),
      pitch: random.uniform(-0.24, -0.1),
    },
  };
}

/** The ceiling lamp on its cord. */
function pendant(random: Random, [x, y, z]: Point, ceiling: number): Body {
  const builder = createBuilder([x, 0, z], 0);
  const lampshade = { texture: plain(hex('#fff3d6')), glow: 1.6 };
  builder.limb([0, y + 0.1, 0], [0, ceiling, 0], 0.012, 0.012, plain(hex('#3a3633')));
  if (random.chance(0.5)) builder.ellipsoid([0, y, 0], [0.16, 0.15, 0.16], lampshade);
  else builder.limb([0, y - 0.04, 0], [0, y + 0.08, 0], 0.16, 0.08, lampshade);
  return builder.body();
}
