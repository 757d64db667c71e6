/** Textures of things with a front: pictures, windows, doors, cupboards, bookshelves. `(0, 0)` is their centre. */
import { hex, palettes, type Rgb, shade, tint } from './color.js';
import { lattice, type Random } from './random.js';
import type { Texture } from './texture.js';

function write(out: Float32Array, color: Rgb, factor = 1): void {
  out[0] = color[0] * factor;
  out[1] = color[1] * factor;
  out[2] = color[2] * factor;
}

/** A framed picture of `width` × `height` metres: a landscape, blocks of colour, or a portrait-like oval. */
export function picture(random: Random, width: number, height: number): Texture {
  const frame = random.pick([hex('#2b2622'), hex('#f3efe6'), hex('#b08d4c'), hex('#6b4530')]);
  const colors = [0, 1, 2, 3].map(() => tint(random, palettes.fabric, 0.35));
  const kind = random.pick(['landscape', 'blocks', 'oval']);
  const sky = hex('#b9d4e6');
  const sun = hex('#f6e3a1');
  const border = 0.045;
  const [hill, split] = [random.uniform(-0.3, 0.1), random.uniform(-0.25, 0.25)];
  return ({ u, v }, out) => {
    const x = (2 * u) / width;
    const y = (2 * v) / height;
    const edge = Math.min(width / 2 - Math.abs(u), height / 2 - Math.abs(v));
    if (edge < border) return write(out, frame);
    if (edge < 2 * border) return write(out, palettes.paint[0]);
    if (kind === 'blocks') return write(out, colors[(x > split ? 1 : 0) + (y > -split ? 2 : 0)]);
    if (kind === 'oval') return write(out, x * x + (y - 0.1) * (y - 0.1) < 0.25 ? colors[0] : colors[1]);
    const ridge = hill + 0.35 * (1 - Math.abs(x - split) * 1.6);
    if ((x - 0.4) * (x - 0.4) + (y - 0.5) * (y - 0.5) < 0.03) return write(out, sun);
    return write(out, y > ridge ? sky : y > hill - 0.15 ? colors[2] : colors[3]);
  };
}

/** A window of `width` × `height` metres onto sky, hills and meadow, with a white frame and glazing bars. */
export function windowPane(random: Random, width: number, height: number): Texture {
  const columns = random.integer(2, 3);
  const [sky, haze] = random.pick([
    [hex('#7fb2e5'), hex('#dbeaf5')],
    [hex('#f0a96b'), hex('#f9dfb8')],
    [hex('#a8b6c2'), hex('#dfe5e8')],
  ]);
  const hills = hex('#6f9a72');
  const meadow = hex('#9dbb6a');
  const level = random.uniform(-0.6, -0.2);
  return ({ u, v, footprint }, out) => {
    const edge = Math.min(width / 2 - Math.abs(u), height / 2 - Math.abs(v));
    const bar = Math.max(0.018, footprint * 0.4);
    const cell = (u / width + 0.5) * columns;
    const nearest = Math.abs(cell - Math.round(cell)) * (width / columns);
    if (edge < 0.05 || nearest < bar || Math.abs(v - height * 0.12) < bar)
      return write(out, palettes.paint[0], 0.55);
    const y = (2 * v) / height;
    const ridge = level + 0.22 * Math.sin(u * 3 + level * 20);
    if (y < level - 0.12) return write(out, meadow);
    if (y < ridge) return write(out, hills);
    const k = Math.min(1, (y - level) / (1 - level));
    for (let c = 0; c < 3; c++) out[c] = haze[c] + (sky[c] - haze[c]) * k;
  };
}

/** A panelled door with a handle. */
export function door(color: Rgb, width: number, height: number): Texture {
  const brass = hex('#c9a24c');
  return ({ u, v }, out) => {
    const x = Math.abs(u) / (width / 2);
    const y = v / (height / 2);
    if ((u - width * 0.4) ** 2 + (v + 0.05) ** 2 < 0.0016) return write(out, brass);
    if (x > 0.93 || y > 0.965) return write(out, palettes.paint[0]);
    const inset = x > 0.16 && x < 0.7 && ((y > 0.1 && y < 0.82) || (y > -0.85 && y < -0.08));
    write(out, color, inset ? 0.8 : 1);
  };
}

/** The front of a cupboard or chest: `columns` × `rows` of doors or drawers with knobs. */
export function cupboardFront(
  color: Rgb,
  width: number,
  height: number,
  columns: number,
  rows: number,
): Texture {
  const knob = hex('#d8cfb8');
  return ({ u, v }, out) => {
    const x = (u / width + 0.5) * columns;
    const y = (v / height + 0.5) * rows;
    const dx = (x - Math.floor(x) - 0.5) * (width / columns);
    const dy = (y - Math.floor(y) - 0.5) * (height / rows);
    const edge = Math.min(width / columns / 2 - Math.abs(dx), height / rows / 2 - Math.abs(dy));
    if (edge < 0.012) return write(out, color, 0.35);
    // Doors carry the knob on the side where they meet, drawers in the middle.
    const at = rows > 1 ? 0 : (Math.floor(x) & 1 ? -1 : 1) * (width / columns / 2 - 0.07);
    if ((dx - at) ** 2 + dy * dy < 0.0008) return write(out, knob);
    write(out, color, edge > 0.06 && edge < 0.075 ? 0.75 : 1);
  };
}

/** Shelves full of books, `rows` of them. */
export function bookshelf(wood: Rgb, width: number, height: number, rows: number, seed: number): Texture {
  const dark = shade(wood, 0.22);
  return ({ u, v }, out) => {
    const y = (v / height + 0.5) * rows;
    const row = Math.floor(y);
    const within = y - row;
    if (Math.abs(u) > width / 2 - 0.03 || within < 0.08) return write(out, wood);
    const book = Math.floor(u / 0.045);
    const draw = lattice(book, row, seed);
    const shelfGap = lattice(Math.floor(u / 0.2), row, seed + 1) < 0.18;
    if (shelfGap || within > 0.6 + 0.32 * lattice(row, book, seed)) return write(out, dark);
    write(out, palettes.book[Math.floor(draw * palettes.book.length)], 0.75 + 0.5 * lattice(book, 7, seed));
  };
}
