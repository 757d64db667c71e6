/** Cupboards, chests, shelves and televisions: what stands at a wall and has a front. */
import { hex, palettes, tint } from './color.js';
import { bookshelf, cupboardFront } from './panel.js';
import { type Furniture, wood } from './piece.js';
import { plain } from './texture.js';

/** A wardrobe or cupboard with doors. */
export const cupboard: Furniture = (random) => {
  const [width, depth, height] = [
    random.uniform(0.8, 1.6),
    random.uniform(0.45, 0.6),
    random.uniform(1.5, 2.1),
  ];
  const { color, texture } = wood(random);
  const front = cupboardFront(color, width, height, width > 1.2 ? 3 : 2, 1);
  return {
    width,
    depth,
    height,
    build: (b) => {
      b.box([0, height / 2, 0], [width / 2, height / 2, depth / 2], { texture, front, glow: 0 });
      b.box([0, height + 0.02, 0.01], [width / 2 + 0.03, 0.025, depth / 2 + 0.02], texture);
    },
  };
};

/** A chest of drawers with a vase, a lamp or a ball on it. */
export const chest: Furniture = (random) => {
  const [width, depth, height] = [
    random.uniform(0.7, 1.3),
    random.uniform(0.4, 0.5),
    random.uniform(0.65, 0.95),
  ];
  const { color, texture } = wood(random);
  const front = cupboardFront(color, width, height, width > 1 ? 2 : 1, 3);
  const accent = plain(tint(random, palettes.clothes));
  const x = random.uniform(-0.3, 0.3) * width;
  const ornament = random.integer(0, 2);
  return {
    width,
    depth,
    height,
    build: (b) => {
      b.box([0, height / 2, 0], [width / 2, height / 2, depth / 2], { texture, front, glow: 0 });
      if (ornament === 0) {
        b.limb([x, height + 0.07, 0], [x, height + 0.2, 0], 0.075, 0.04, accent);
        b.ellipsoid([x, height + 0.34, 0], [0.13, 0.12, 0.12], plain(tint(random, palettes.leaf)));
      } else if (ornament === 1) {
        b.limb([x, height, 0], [x, height + 0.18, 0], 0.05, 0.025, accent);
        b.limb([x, height + 0.25, 0], [x, height + 0.36, 0], 0.13, 0.08, {
          texture: plain(hex('#ffe2a8')),
          glow: 1.25,
        });
      } else {
        b.ellipsoid([x, height + 0.11, 0], [0.11, 0.11, 0.11], accent);
        b.box([-x, height + 0.04, 0], [0.12, 0.04, 0.09], plain(tint(random, palettes.book)));
      }
    },
  };
};

/** Shelves of books. */
export const bookcase: Furniture = (random) => {
  const [width, depth, height] = [
    random.uniform(0.7, 1.5),
    random.uniform(0.28, 0.36),
    random.uniform(1.4, 2.1),
  ];
  const { color, texture } = wood(random);
  const front = bookshelf(color, width, height, Math.round(height / 0.36), random.integer(0, 9999));
  return {
    width,
    depth,
    height,
    build: (b) => b.box([0, height / 2, 0], [width / 2, height / 2, depth / 2], { texture, front, glow: 0 }),
  };
};

/** A low cabinet with a television. */
export const television: Furniture = (random) => {
  const width = random.uniform(1.2, 1.7);
  const { color, texture } = wood(random);
  const front = cupboardFront(color, width, 0.45, 3, 1);
  const screen = { texture: plain(hex('#17181b')), front: plain(hex('#26303c')), glow: 0 };
  const half = random.uniform(0.4, 0.55);
  return {
    width,
    depth: 0.42,
    height: 1.2,
    build: (b) => {
      b.box([0, 0.26, 0], [width / 2, 0.22, 0.21], { texture, front, glow: 0 });
      b.box([0, 0.51, 0], [0.15, 0.03, 0.08], screen);
      b.box([0, 0.54 + half * 0.6, 0], [half, half * 0.58, 0.025], screen);
    },
  };
};
