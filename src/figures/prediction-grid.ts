/** The published figure: a few test images a row, truth and prediction of mask and depth side by side. */
import { depthPanel, depthScale, imagePanel, maskPanel, type Plane } from './panels.js';
import { pixelRatio } from './render.js';
import { depthText, drawSheet, type SheetCell, type SheetRow } from './sheet.js';

/** One test image with its truth. Planes are `[H, W]`, images planar `[3, H, W]` sRGB 0–255. */
export interface TruthRow {
  readonly id: string;
  readonly background?: Uint8Array;
  readonly image: Uint8Array;
  /** Foreground coverage: bytes 0–255 or floats 0–1. */
  readonly mask: Plane;
  readonly maskValid: Plane;
  /** Depth as a fraction of `maxDepth`. */
  readonly depth: Float32Array;
  readonly depthValid: Plane;
}

/** What one network says of one image. */
export interface Prediction {
  /** `[H, W]` foreground probabilities. */
  readonly predictedMask: Float32Array;
  /** `[H, W]` depth as a fraction of `maxDepth`. */
  readonly predictedDepth: Float32Array;
  /** Intersection over union of this image. */
  readonly iou?: number;
  /** Root mean square depth error of this image, 0–1 scale. */
  readonly rmse?: number;
}

/** A test image, its truth and one prediction. */
export type PredictionRow = TruthRow & Prediction;

/** What every grid shares. */
export interface GridOptions {
  readonly title: string;
  readonly subtitle?: string;
  readonly height: number;
  readonly width: number;
  /** Depth at 1 in `depthUnit`; the unit is `` where depth is relative. */
  readonly maxDepth: number;
  readonly depthUnit: string;
}

/** Input of {@link predictionGrid}. */
export interface PredictionGrid extends GridOptions {
  /** Device pixels for each unit of length; {@link pixelRatio} unless given. */
  readonly ratio?: number;
  readonly rows: readonly PredictionRow[];
}

/** The mask of a prediction, with its IoU below. */
export function predictedMaskCell(prediction: Prediction, options: GridOptions): SheetCell {
  return {
    panel: maskPanel(prediction.predictedMask, options.height, options.width),
    caption: prediction.iou === undefined ? undefined : `IoU ${prediction.iou.toFixed(3)}`,
  };
}

/** The truth of an image as cells, and its predictions' depth panels on the one scale they share. */
export function truthCells(row: TruthRow, predictions: readonly Prediction[], options: GridOptions) {
  const { height, width, maxDepth, depthUnit } = options;
  const scale = depthScale(
    row.depth,
    row.depthValid,
    predictions.map((prediction) => prediction.predictedDepth),
  );
  return {
    scale,
    background: row.background && { panel: imagePanel(row.background, height, width) },
    image: { panel: imagePanel(row.image, height, width), caption: row.id },
    mask: { panel: maskPanel(row.mask, height, width, row.maskValid) },
    depth: { panel: depthPanel(row.depth, height, width, scale, row.depthValid) },
    predictedDepths: predictions.map(({ predictedDepth, rmse }) => ({
      panel: depthPanel(predictedDepth, height, width, scale),
      caption: rmse === undefined ? undefined : `RMSE ${depthText(rmse, maxDepth, depthUnit, 2)}`,
    })),
  };
}

/** Whether any pixel of the rows has no truth, so that the key of the stripes is needed. */
export function hasInvalid(rows: readonly TruthRow[]): boolean {
  return rows.some((row) => row.maskValid.includes(0) || row.depthValid.includes(0));
}

/**
 * The published figure: BG, FG_BG, GT MASK, PRED MASK, GT DEPTH, PRED DEPTH, one test image a row. BG is left out
 * where the data set has none. The two depth panels of a row share the scale of the bar at its right end.
 *
 * @returns a PNG
 */
export function predictionGrid(input: PredictionGrid): Promise<Buffer> {
  const hasBackground = input.rows.some((row) => row.background);
  const rows = input.rows.map((row): SheetRow => {
    const truth = truthCells(row, [row], input);
    const cells = [
      truth.image,
      truth.mask,
      predictedMaskCell(row, input),
      truth.depth,
      truth.predictedDepths[0],
    ];
    return { cells: hasBackground ? [truth.background, ...cells] : cells, scale: truth.scale };
  });
  const columns = [
    { heading: 'FG_BG' },
    { heading: 'GT MASK', group: true },
    { heading: 'PRED MASK' },
    { heading: 'GT DEPTH', group: true },
    { heading: 'PRED DEPTH' },
  ];
  return drawSheet({
    ...input,
    columns: hasBackground ? [{ heading: 'BG' }, ...columns] : columns,
    rows,
    panelPixels: 128 * (input.ratio ?? pixelRatio),
    explainInvalid: hasInvalid(input.rows),
  });
}
