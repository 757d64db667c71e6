/** Surface patterns: functions of a point in metres, softened towards their mean as a pixel outgrows the pattern. */
import { blend, type Rgb, shade } from './color.js';
import { lattice } from './random.js';

/** A place in a texture. Passed as one object, since numbers as arguments of unknown functions cost an allocation. */
export interface TexturePoint {
  /** Coordinates on the surface, metres. */
  u: number;
  v: number;
  /** Width of a sample there, metres. */
  footprint: number;
}

/** Writes the linear RGB at a point into `out[0..2]`. */
export type Texture = (at: TexturePoint, out: Float32Array) => void;

/** A scalar pattern: the share, 0–1, of the second of two colours. */
export type Pattern = (at: TexturePoint) => number;

/** One colour everywhere. */
export function plain([red, green, blue]: Rgb): Texture {
  return (_at, out) => {
    out[0] = red;
    out[1] = green;
    out[2] = blue;
  };
}

/** Colour `a` where the pattern is 0, `b` where it is 1. */
export function duotone(a: Rgb, b: Rgb, pattern: Pattern): Texture {
  const [red, green, blue] = a;
  const [dr, dg, db] = [b[0] - red, b[1] - green, b[2] - blue];
  return (at, out) => {
    const k = pattern(at);
    out[0] = red + dr * k;
    out[1] = green + dg * k;
    out[2] = blue + db * k;
  };
}

/** `upper` above the height `v = edge`, `lower` below: wainscots, skirting boards, shoes under trousers. */
export function above(edge: number, lower: Texture, upper: Texture): Texture {
  return (at, out) => (at.v < edge ? lower(at, out) : upper(at, out));
}

/** How much of a detail of this size a sample still resolves: 1 near, 0 far. */
function resolved(size: number, footprint: number): number {
  return footprint >= size ? 0 : 1 - footprint / size;
}

const fraction = (x: number) => x - Math.floor(x);

/** Smooth value noise in [0, 1) with lattice spacing 1. */
function noise(x: number, y: number, seed: number): number {
  const ix = Math.floor(x);
  const iy = Math.floor(y);
  const fx = x - ix;
  const fy = y - iy;
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const top = lattice(ix, iy, seed) * (1 - sx) + lattice(ix + 1, iy, seed) * sx;
  const bottom = lattice(ix, iy + 1, seed) * (1 - sx) + lattice(ix + 1, iy + 1, seed) * sx;
  return top * (1 - sy) + bottom * sy;
}

/** Squares of side `size`, alternating. */
export function checker(size: number): Pattern {
  return ({ u, v, footprint }) => {
    const odd = (Math.floor(u / size) + Math.floor(v / size)) & 1;
    return 0.5 + (odd - 0.5) * resolved(size, footprint);
  };
}

/** Tiles of side `size` with dark joints, each tile of its own tone. */
export function tiles(size: number, seed: number): Pattern {
  return ({ u, v, footprint }) => {
    const x = u / size;
    const y = v / size;
    const tone = 0.3 * lattice(Math.floor(x), Math.floor(y), seed);
    const joint = Math.min(fraction(x), fraction(y)) < 0.05 ? 0.7 : 0;
    return 0.15 + (Math.max(tone, joint) - 0.15) * resolved(size, footprint);
  };
}

/**
 * Floor boards `width` wide and `length` long along `u`, or along `v` when `turned`, each of its own tone, with grain
 * and dark gaps.
 */
export function planks(width: number, length: number, seed: number, turned: boolean): Pattern {
  return ({ u, v, footprint }) => {
    const across = (turned ? u : v) / width;
    const row = Math.floor(across);
    const along = turned ? v : u;
    const x = along / length + lattice(row, 0, seed);
    const board = Math.floor(x);
    const streaks = footprint < 0.05 ? 0.22 * noise(along * 2.5, across * width * 45, seed) : 0.11;
    const tone = 0.1 + 0.55 * lattice(board, row, seed) + streaks;
    const gap = across - row < 0.07 || (x - board) * length < 0.012;
    return 0.49 + ((gap ? 1 : tone) - 0.49) * resolved(width * 1.5, footprint);
  };
}

/** One where `x` lies in the first `share` of a period, else zero. */
function stripe(x: number, period: number, share: number, footprint: number): number {
  const inside = fraction(x / period) < share ? 1 : 0;
  return share + (inside - share) * resolved(period / 2, footprint);
}

/** Vertical stripes of the given period; `share` of it has the second colour. */
export function stripes(period: number, share = 0.5): Pattern {
  return ({ u, footprint }) => stripe(u, period, share, footprint);
}

/** Horizontal bands, as on a striped jersey. */
export function bands(period: number, share = 0.5): Pattern {
  return ({ v, footprint }) => stripe(v, period, share, footprint);
}

/** Crossing stripes, as on a tartan shirt. */
export function tartan(period: number): Pattern {
  return ({ u, v, footprint }) =>
    0.5 * stripe(u, period, 0.5, footprint) + 0.5 * stripe(v, period, 0.5, footprint);
}

/** Two octaves of soft noise: carpets, plaster, wool. */
export function mottle(size: number, seed: number): Pattern {
  return ({ u, v, footprint }) => {
    const coarse = noise(u / size, v / size, seed);
    const fine = footprint < size ? noise((u * 3.7) / size, (v * 3.7) / size, seed + 1) : 0.5;
    return 0.6 * coarse + 0.4 * fine;
  };
}

/** Wood grain along `v`. */
export function grain(seed: number): Pattern {
  return ({ u, v, footprint }) => (footprint > 0.06 ? 0.4 : 0.8 * noise(u * 38, v * 2, seed));
}

/** Wallpaper: round spots on a staggered grid. */
export function dots(size: number): Pattern {
  return ({ u, v, footprint }) => {
    const row = Math.floor(v / size);
    const x = fraction(u / size + 0.5 * (row & 1)) - 0.5;
    const y = fraction(v / size) - 0.5;
    const inside = x * x + y * y < 0.075 ? 1 : 0;
    return 0.24 + (inside - 0.24) * resolved(size * 0.7, footprint);
  };
}

/** Wallpaper: a lattice of lozenges with a spot in each. */
export function lozenges(size: number): Pattern {
  return ({ u, v, footprint }) => {
    const x = Math.abs(fraction((u + v * 0.6) / size) - 0.5);
    const y = Math.abs(fraction((u - v * 0.6) / size) - 0.5);
    const inside = Math.max(x, y) > 0.44 || x + y < 0.2 ? 1 : 0;
    return 0.31 + (inside - 0.31) * resolved(size * 0.7, footprint);
  };
}

/** A brick wall: the brick's tone against light mortar. */
export function bricks(brick: Rgb, mortar: Rgb, seed: number): Texture {
  const dark = shade(brick, 0.7);
  const mean = blend(brick, mortar, 0.2);
  return ({ u, v, footprint }, out) => {
    const row = Math.floor(v / 0.085);
    const x = u / 0.25 + 0.5 * (row & 1);
    const joint = fraction(v / 0.085) < 0.15 || fraction(x) < 0.055;
    const tone = lattice(Math.floor(x), row, seed);
    const keep = resolved(0.12, footprint);
    for (let c = 0; c < 3; c++) {
      const value = joint ? mortar[c] : dark[c] + (brick[c] - dark[c]) * tone;
      out[c] = mean[c] + (value - mean[c]) * keep;
    }
  };
}
