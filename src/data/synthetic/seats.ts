/** Sofas, chairs, beds and tables. */
import { palettes, tint } from './color.js';
import { cloth, type Furniture, legs, wood } from './piece.js';
import { bands, duotone, plain } from './texture.js';

/** A sofa or an armchair with cushions. */
export const sofa: Furniture = (random) => {
  const seats = random.pick([1, 2, 2, 3]);
  const width = 0.35 + 0.6 * seats;
  const depth = random.uniform(0.82, 0.95);
  const cover = cloth(random);
  const cushion = duotone(
    tint(random, palettes.clothes),
    palettes.paint[0],
    bands(0.12, random.pick([0, 0.35])),
  );
  const sides = [-1, 1].filter(() => random.chance(0.7));
  return {
    width,
    depth,
    height: 0.85,
    build: (b) => {
      b.box([0, 0.22, 0], [width / 2, 0.16, depth / 2], cover);
      b.box([0, 0.5, -depth / 2 + 0.12], [width / 2, 0.34, 0.12], cover);
      for (const side of [-1, 1]) {
        const x = side * (width / 2 - 0.085);
        b.limb([x, 0.55, -depth / 2 + 0.1], [x, 0.55, depth / 2 - 0.09], 0.09, 0.09, cover);
        b.box([x, 0.36, 0], [0.085, 0.19, depth / 2], cover);
      }
      for (let seat = 0; seat < seats; seat++) {
        const x = (seat - (seats - 1) / 2) * 0.6;
        b.ellipsoid([x, 0.38, 0.08], [0.32, 0.12, depth / 2 - 0.08], cover);
      }
      for (const side of sides) {
        b.ellipsoid([side * (width / 2 - 0.3), 0.57, -depth / 2 + 0.3], [0.19, 0.17, 0.09], cushion);
      }
    },
  };
};

/** A chair with a straight back. */
export const chair: Furniture = (random) => {
  const { texture } = wood(random);
  const seat = random.chance(0.5) ? cloth(random) : texture;
  return {
    width: 0.44,
    depth: 0.46,
    height: 0.95,
    build: (b) => {
      b.box([0, 0.44, 0], [0.22, 0.025, 0.22], seat);
      legs(b, 0.22, 0.22, 0.42, 0.02, texture);
      for (const x of [-0.2, 0.2]) b.box([x, 0.68, -0.2], [0.02, 0.25, 0.02], texture);
      b.box([0, 0.85, -0.2], [0.22, 0.08, 0.015], seat);
      b.box([0, 0.65, -0.2], [0.2, 0.03, 0.012], texture);
    },
  };
};

/** A bed with its head at the wall. */
export const bed: Furniture = (random) => {
  const width = random.pick([0.95, 1.4]);
  const depth = 2;
  const { texture } = wood(random);
  const cover = cloth(random);
  const linen = plain(palettes.paint[0]);
  return {
    width,
    depth,
    height: 0.95,
    build: (b) => {
      b.box([0, 0.48, -depth / 2 + 0.03], [width / 2, 0.47, 0.03], texture);
      b.box([0, 0.22, 0], [width / 2, 0.12, depth / 2], texture);
      b.box([0, 0.41, 0.03], [width / 2 - 0.03, 0.1, depth / 2 - 0.06], linen);
      b.box([0, 0.43, 0.28], [width / 2, 0.1, depth / 2 - 0.3], cover);
      const pillows = width > 1.2 ? [-0.33, 0.33] : [0];
      for (const x of pillows) b.ellipsoid([x, 0.55, -depth / 2 + 0.3], [0.3, 0.1, 0.2], linen);
    },
  };
};

/** A low table with a cup, a book or a bowl on it. */
export const coffeeTable: Furniture = (random) => {
  const [width, depth, height] = [
    random.uniform(0.7, 1.1),
    random.uniform(0.45, 0.6),
    random.uniform(0.36, 0.46),
  ];
  const { texture } = wood(random);
  const accent = plain(tint(random, palettes.clothes));
  return {
    width,
    depth,
    height,
    build: (b) => {
      b.box([0, height - 0.025, 0], [width / 2, 0.025, depth / 2], texture);
      legs(b, width / 2 - 0.03, depth / 2 - 0.03, height - 0.05, 0.025, texture);
      b.box([0.15 * width, height + 0.02, 0.02], [0.11, 0.02, 0.08], plain(tint(random, palettes.book)));
      b.limb([-0.2 * width, height + 0.05, 0], [-0.2 * width, height + 0.08, 0], 0.04, 0.05, accent);
    },
  };
};

/** A dining table, laid with a bowl of fruit. */
export const table: Furniture = (random) => {
  const [width, depth, height] = [
    random.uniform(0.9, 1.5),
    random.uniform(0.7, 0.9),
    random.uniform(0.72, 0.78),
  ];
  const { texture } = wood(random);
  const covered = random.chance(0.3) ? cloth(random) : undefined;
  const fruit = plain(tint(random, palettes.clothes));
  return {
    width,
    depth,
    height,
    build: (b) => {
      b.box([0, height - 0.02, 0], [width / 2, 0.025, depth / 2], texture);
      legs(b, width / 2 - 0.04, depth / 2 - 0.04, height - 0.045, 0.035, texture);
      if (covered) b.box([0, height - 0.09, 0], [width / 2 + 0.01, 0.11, depth / 2 + 0.01], covered);
      b.ellipsoid([0, height + 0.06, 0], [0.16, 0.05, 0.16], plain(palettes.paint[0]));
      for (const x of [-0.06, 0.06]) b.ellipsoid([x, height + 0.12, 0.02], [0.05, 0.05, 0.05], fruit);
    },
  };
};
