/** Figures: people of round limbs, drawn with varied bodies, clothes and poses, standing on the floor. */
import type { Point } from './camera.js';
import { blend, hex, palettes, type Rgb, shade, tint } from './color.js';
import type { Random } from './random.js';
import { type Body, type Builder, createBuilder } from './shape.js';
import { bands, checker, duotone, mottle, plain, stripes, type Texture, tartan } from './texture.js';

/** Angles of one arm or leg in radians: forwards, outwards, and the bend of elbow or knee. */
interface Pose {
  readonly swing: number;
  readonly spread: number;
  readonly bend: number;
}

/** A top: plain, jersey, tartan, checked, woollen. */
function garment(random: Random, color: Rgb): Texture {
  const other = random.chance(0.5) ? palettes.paint[0] : tint(random, palettes.clothes);
  const pattern = random.pick([
    undefined,
    undefined,
    bands(random.uniform(0.08, 0.16)),
    tartan(random.uniform(0.1, 0.18)),
    stripes(random.uniform(0.06, 0.12), 0.4),
    checker(random.uniform(0.08, 0.14)),
    mottle(0.05, random.integer(0, 9999)),
  ]);
  return pattern ? duotone(color, other, pattern) : plain(color);
}

/** The point `length` from `from` in the direction of a limb hanging down, swung forwards and spread outwards. */
function reachTo(from: Point, length: number, side: number, swing: number, spread: number): Point {
  const across = Math.sin(spread);
  const down = Math.cos(spread);
  return [
    from[0] + side * length * across,
    from[1] - length * down * Math.cos(swing),
    from[2] + length * down * Math.sin(swing),
  ];
}

/** Arms of one of the things people do; `carry` holds a parcel between the hands. */
function arms(random: Random, activity: string): readonly [Pose, Pose] {
  const loose = (): Pose => ({
    swing: random.uniform(-0.25, 0.3),
    spread: random.uniform(0.08, 0.3),
    bend: random.uniform(0.1, 0.5),
  });
  const raised: Pose = { swing: random.uniform(2.2, 2.8), spread: random.uniform(0.2, 0.5), bend: 0.3 };
  switch (activity) {
    case 'walk': {
      const swing = random.uniform(0.3, 0.6) * (random.chance(0.5) ? 1 : -1);
      return [
        { swing, spread: 0.1, bend: 0.5 },
        { swing: -swing, spread: 0.1, bend: 0.5 },
      ];
    }
    case 'wave':
      return random.chance(0.5) ? [raised, loose()] : [loose(), raised];
    case 'cheer':
      return [raised, { ...raised, bend: 0.1 }];
    case 'point':
      return [{ swing: random.uniform(1.2, 1.6), spread: random.uniform(0, 0.7), bend: 0.05 }, loose()];
    case 'phone':
      return [{ swing: 0.5, spread: 0.2, bend: 2.1 }, loose()];
    case 'carry':
      return [
        { swing: 0.35, spread: 0.12, bend: 1.2 },
        { swing: 0.35, spread: 0.12, bend: 1.2 },
      ];
    default:
      return [loose(), loose()];
  }
}

function head(b: Builder, random: Random, y: number, skin: Rgb): void {
  const hairColor = tint(random, palettes.hair);
  const hair = duotone(hairColor, shade(hairColor, 0.7), mottle(0.03, random.integer(0, 9999)));
  const dark = plain(hex('#1d1512'));
  b.limb([0, y - 0.24, -0.01], [0, y - 0.1, 0], 0.055, 0.055, plain(shade(skin, 0.9)));
  b.ellipsoid([0, y, 0], [0.108, 0.14, 0.122], plain(skin));
  b.ellipsoid([0, y - 0.01, 0.122], [0.016, 0.022, 0.02], plain(shade(skin, 0.92)));
  for (const x of [-0.042, 0.042]) b.ellipsoid([x, y + 0.025, 0.106], [0.016, 0.02, 0.014], dark);
  b.ellipsoid([0, y - 0.062, 0.104], [0.032, 0.009, 0.012], plain(blend(skin, hex('#a5373b'), 0.6)));
  const style = random.pick(['short', 'long', 'bun', 'cap', 'bald']);
  if (style === 'cap') {
    const cap = plain(tint(random, palettes.clothes));
    b.ellipsoid([0, y + 0.06, -0.01], [0.118, 0.1, 0.13], cap);
    b.ellipsoid([0, y + 0.065, 0.12], [0.085, 0.015, 0.08], cap);
    return;
  }
  if (style === 'bald') return;
  b.ellipsoid([0, y + 0.05, -0.025], [0.12, 0.115, 0.122], hair);
  if (style === 'bun') b.ellipsoid([0, y + 0.15, -0.07], [0.06, 0.055, 0.06], hair);
  if (style === 'long') b.limb([0, y + 0.02, -0.06], [0, y - 0.22, -0.075], 0.105, 0.08, hair);
}

/**
 * A figure standing at `(x, z)` on the floor, facing `yaw` (from +z towards +x): a grown-up, or a child now and then.
 *
 * @example createFigure(createRandom(1), 2, 3, Math.PI)
 */
export function createFigure(random: Random, x: number, z: number, yaw: number): Body {
  const scale = random.chance(0.2) ? random.uniform(0.62, 0.8) : random.uniform(0.9, 1.08);
  const girth = random.uniform(0.9, 1.22);
  const skin = tint(random, palettes.skin, 0.1);
  const top = garment(random, tint(random, palettes.clothes));
  const cloth = tint(random, palettes.trousers);
  const bottom = random.chance(0.2) ? garment(random, cloth) : plain(cloth);
  const bare = plain(skin);
  const lower = random.pick(['trousers', 'trousers', 'trousers', 'shorts', 'skirt', 'dress']);
  const sleeve = random.chance(0.55) ? top : bare;
  const trouser = lower === 'trousers' ? bottom : bare;
  const shoe = plain(tint(random, palettes.trousers));
  const activity = random.pick([
    'stand',
    'stand',
    'walk',
    'walk',
    'wave',
    'cheer',
    'point',
    'phone',
    'carry',
  ]);
  const stride =
    activity === 'walk'
      ? random.uniform(0.25, 0.5) * (random.chance(0.5) ? 1 : -1)
      : random.uniform(-0.06, 0.06);

  // Joints first, for a grown-up of 1.75 m with the hips at the origin; the lower foot then decides the height.
  const legs = [-1, 1].map((side) => {
    const swing = side * stride;
    const hip: Point = [side * 0.095 * girth, 0, 0];
    const spread = random.uniform(0.02, 0.12);
    const knee = reachTo(hip, 0.43, side, swing, spread);
    const ankle = reachTo(knee, 0.42, side, swing - (swing < -0.1 ? random.uniform(0.2, 0.5) : 0), 0.02);
    return { hip, knee, ankle };
  });
  const hips = 0.075 - Math.min(...legs.map((leg) => leg.ankle[1]));
  const inner = createBuilder([x, 0, z], yaw);
  const lift = (p: Point): Point => [p[0] * scale, (p[1] + hips) * scale, p[2] * scale];
  const size = (p: Point): Point => [p[0] * scale, p[1] * scale, p[2] * scale];
  const b: Builder = {
    box: (center, half, look) => inner.box(lift(center), size(half), look),
    ellipsoid: (center, half, look) => inner.ellipsoid(lift(center), size(half), look),
    limb: (a, c, ra, rb, look) => inner.limb(lift(a), lift(c), ra * scale, rb * scale, look),
    body: inner.body,
  };

  for (const { hip, knee, ankle } of legs) {
    b.limb(hip, knee, 0.092 * girth, 0.064, lower === 'shorts' ? bottom : trouser);
    b.limb(knee, ankle, 0.06, 0.045, trouser);
    b.ellipsoid([ankle[0], ankle[1] - 0.03, ankle[2] + 0.05], [0.055, 0.045, 0.13], shoe);
  }
  if (lower === 'skirt' || lower === 'dress') {
    b.limb([0, 0.06, 0], [0, -0.36, 0], 0.14 * girth, 0.19, lower === 'skirt' ? bottom : top);
  }
  b.ellipsoid([0, 0.05, 0], [0.165 * girth, 0.15, 0.125 * girth], lower === 'dress' ? top : bottom);
  b.ellipsoid([0, 0.3, 0], [0.18 * girth, 0.27, 0.125 * girth], top);
  b.limb([-0.14, 0.475, 0], [0.14, 0.475, 0], 0.07, 0.07, top);
  head(b, random, 0.715, skin);

  const poses = arms(random, activity);
  const hands = [-1, 1].map((side, i) => {
    const { swing, spread, bend } = poses[i];
    const shoulder: Point = [side * 0.185 * Math.sqrt(girth), 0.47, 0];
    const elbow = reachTo(shoulder, 0.28, side, swing, spread);
    const hand = reachTo(elbow, 0.25, side, swing + bend, spread * 0.4);
    b.limb(shoulder, elbow, 0.062, 0.05, top);
    b.limb(elbow, hand, 0.047, 0.036, sleeve);
    b.ellipsoid(hand, [0.045, 0.05, 0.045], bare);
    return hand;
  });
  if (activity === 'carry') {
    const parcel = duotone(hex('#c39a6b'), hex('#e8ddc8'), stripes(0.28, 0.12));
    const middle: Point = [0, (hands[0][1] + hands[1][1]) / 2 + 0.05, hands[0][2] + 0.05];
    b.box(middle, [0.2, 0.14, 0.14], parcel);
  }
  return b.body();
}
