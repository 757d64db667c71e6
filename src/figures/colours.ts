/** The colours of every figure: inks, ten colours for arms, and the table for depth. */
import * as Plot from '@observablehq/plot';

/** Text, secondary text, hairlines and the colour of failure. */
export const inks = {
  text: '#1f2328',
  muted: '#656d76',
  line: '#d8dee4',
  faint: '#eef1f4',
  failure: '#b42318',
};

/**
 * Ten colours that stay apart for the common kinds of colour blindness and in lightness.
 * Source: Petroff 2021, "Accessible color sequences for data visualization", arXiv:2107.02270.
 */
export const armColours: readonly string[] = [
  '#3f90da',
  '#ffa90e',
  '#bd1f01',
  '#94a4a2',
  '#832db6',
  '#a96b59',
  '#e76300',
  '#b9ac70',
  '#717581',
  '#92dadd',
];

/** Two greys whose diagonal stripes mark pixels without truth; neither occurs in the depth table. */
export const invalidGreys: readonly [number, number] = [176, 208];

let table: Uint8Array | undefined;

/**
 * The depth table, `[256, 3]`: viridis reversed, so that near is bright and far is dark.
 * Viridis is perceptually uniform, monotone in lightness and safe for colour blindness.
 */
export function depthTable(): Uint8Array {
  if (table) return table;
  const colour = Plot.scale({
    color: { type: 'linear', scheme: 'viridis', reverse: true, domain: [0, 255] },
  });
  table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const rgb = Number.parseInt(String(colour?.apply(i)).slice(1), 16);
    table.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255], i * 3);
  }
  return table;
}
