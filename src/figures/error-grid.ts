/** A network's errors on a few test images: truth, prediction and a map of the difference, for mask and depth. */
import { armColours } from './colours.js';
import type { Panel, Plane } from './panels.js';
import { paint } from './panels.js';
import {
  type GridOptions,
  hasInvalid,
  type PredictionRow,
  predictedMaskCell,
  truthCells,
} from './prediction-grid.js';
import { depthText, drawSheet, type SheetRow } from './sheet.js';

/** Input of {@link errorGrid}. */
export interface ErrorGrid extends GridOptions {
  /** Each with what it stands for, such as `worst by RMSE`. */
  readonly rows: readonly { readonly place: string; readonly row: PredictionRow }[];
}

type Rgb = readonly [number, number, number];

const rgbOf = (colour: string): Rgb => {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

const [missed, tooFar] = [rgbOf(armColours[0]), rgbOf(armColours[6])];
const [inside, outside]: Rgb[] = [
  [236, 236, 236],
  [38, 42, 48],
];

/** Where the mask is wrong: orange is foreground that is not, blue is foreground that was missed. */
export function maskErrorPanel(
  predicted: Plane,
  truth: Plane,
  height: number,
  width: number,
  valid?: Plane,
): Panel {
  const level = truth instanceof Uint8Array ? 127.5 : 0.5;
  return paint(height, width, valid, (pixel, out, at) => {
    const [p, t] = [predicted[pixel] > 0.5, truth[pixel] > level];
    out.set(p === t ? (t ? inside : outside) : p ? tooFar : missed, at);
  });
}

/** Where the depth is wrong, white at 0: orange is too far, blue too near, in full colour at ±`reach`. */
export function depthErrorPanel(
  predicted: Float32Array,
  truth: Float32Array,
  height: number,
  width: number,
  reach: number,
  valid?: Plane,
): Panel {
  return paint(height, width, valid, (pixel, out, at) => {
    const share = Math.max(-1, Math.min(1, (predicted[pixel] - truth[pixel]) / reach));
    const end = share > 0 ? tooFar : missed;
    for (let channel = 0; channel < 3; channel++)
      out[at + channel] = Math.round(255 + Math.abs(share) * (end[channel] - 255));
  });
}

/** The 95th percentile of the absolute depth error over the valid pixels of all rows: one scale for the sheet. */
function errorReach(rows: ErrorGrid['rows']): number {
  const errors = rows.flatMap(({ row }) =>
    Array.from(row.predictedDepth, (p, i) =>
      row.depthValid[i] ? Math.abs(p - row.depth[i]) : Number.NaN,
    ).filter(Number.isFinite),
  );
  errors.sort((a, b) => a - b);
  return errors[Math.floor(0.95 * (errors.length - 1))] || 1e-3;
}

/**
 * Test images as rows: FG_BG, GT MASK, PRED MASK, MASK ERROR, GT DEPTH, PRED DEPTH, DEPTH ERROR. The depth errors of a
 * sheet share one scale, which the subtitle names.
 *
 * @returns a PNG
 */
export function errorGrid(input: ErrorGrid): Promise<Buffer> {
  const { height, width, maxDepth, depthUnit } = input;
  const reach = errorReach(input.rows);
  const full = depthText(reach, maxDepth, depthUnit, 2);
  const rows = input.rows.map(({ place, row }): SheetRow => {
    const truth = truthCells(row, [row], input);
    return {
      cells: [
        { ...truth.image, caption: place },
        truth.mask,
        predictedMaskCell(row, input),
        { panel: maskErrorPanel(row.predictedMask, row.mask, height, width, row.maskValid), caption: row.id },
        truth.depth,
        truth.predictedDepths[0],
        { panel: depthErrorPanel(row.predictedDepth, row.depth, height, width, reach, row.depthValid) },
      ],
      scale: truth.scale,
    };
  });
  const key =
    `Mask error: orange is not foreground, blue was missed. ` +
    `Depth error: orange is too far, blue too near, full colour at ${full} or more.`;
  return drawSheet({
    ...input,
    subtitle: [input.subtitle, key].filter(Boolean).join(' · '),
    columns: [
      { heading: 'FG_BG' },
      { heading: 'GT MASK', group: true },
      { heading: 'PRED MASK' },
      { heading: 'MASK ERROR' },
      { heading: 'GT DEPTH', group: true },
      { heading: 'PRED DEPTH' },
      { heading: 'DEPTH ERROR' },
    ],
    rows,
    panelPixels: 224,
    explainInvalid: hasInvalid(input.rows.map(({ row }) => row)),
  });
}
