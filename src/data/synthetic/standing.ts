/** Things as upright as a person: plants, lamps and coat stands. */
import { hex, palettes, shade, tint } from './color.js';
import { type Furniture, wood } from './piece.js';
import { duotone, mottle, plain } from './texture.js';

/** A potted plant. */
export const plant: Furniture = (random) => {
  const leaf = tint(random, palettes.leaf, 0.3);
  const leaves = duotone(shade(leaf, 0.6), shade(leaf, 1.2), mottle(0.05, random.integer(0, 9999)));
  const pot = plain(tint(random, [hex('#b9643f'), hex('#ece7dc'), hex('#4c5a63')]));
  const height = random.uniform(0.8, 1.6);
  const fronds = Array.from({ length: 7 }, (_, i) => {
    const angle = i * 2.4 + random.uniform(0, 1);
    const spread = random.uniform(0.08, 0.2);
    return { x: Math.cos(angle) * spread, z: Math.sin(angle) * spread, y: height * random.uniform(0.65, 1) };
  });
  return {
    width: 0.6,
    depth: 0.6,
    height,
    build: (b) => {
      b.limb([0, 0.12, 0], [0, 0.28, 0], 0.13, 0.17, pot);
      for (const { x, y, z } of fronds) b.limb([0, 0.34, 0], [x, y, z], 0.025, 0.1, leaves);
    },
  };
};

/** A standard lamp. */
export const floorLamp: Furniture = (random) => {
  const height = random.uniform(1.4, 1.7);
  const metal = plain(random.pick([hex('#2a2a2c'), hex('#b08d4c'), hex('#d8d8d6')]));
  const lampshade = {
    texture: plain(random.pick([hex('#ffe0a3'), hex('#ffd0b0'), hex('#fff0d2')])),
    glow: 1.2,
  };
  return {
    width: 0.4,
    depth: 0.4,
    height,
    build: (b) => {
      b.ellipsoid([0, 0.02, 0], [0.16, 0.03, 0.16], metal);
      b.limb([0, 0.02, 0], [0, height - 0.1, 0], 0.018, 0.018, metal);
      b.limb([0, height - 0.16, 0], [0, height + 0.02, 0], 0.2, 0.1, lampshade);
    },
  };
};

/** A coat stand with a coat and a hat on it: what a figure looks like to one who does not look twice. */
export const coatStand: Furniture = (random) => {
  const pole = wood(random).texture;
  const coat = plain(tint(random, palettes.clothes));
  const hat = plain(tint(random, palettes.trousers));
  return {
    width: 0.5,
    depth: 0.5,
    height: 1.8,
    build: (b) => {
      b.ellipsoid([0, 0.02, 0], [0.22, 0.03, 0.22], pole);
      b.limb([0, 0, 0], [0, 1.75, 0], 0.025, 0.025, pole);
      b.limb([0.03, 1.4, 0.05], [0.05, 0.75, 0.06], 0.12, 0.2, coat);
      b.limb([0.03, 1.45, 0.05], [0.2, 0.95, 0.06], 0.07, 0.06, coat);
      b.ellipsoid([0, 1.74, 0], [0.16, 0.025, 0.16], hat);
      b.ellipsoid([0, 1.79, 0], [0.1, 0.09, 0.1], hat);
    },
  };
};
