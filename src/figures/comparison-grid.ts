/** Several networks on the same test images: side by side for a few, and as a matrix for all arms of a study. */
import {
  type GridOptions,
  hasInvalid,
  type Prediction,
  predictedMaskCell,
  type TruthRow,
  truthCells,
} from './prediction-grid.js';
import { drawSheet, type SheetRow } from './sheet.js';

/** A test image and what each network says of it, in the order of the grid's networks. */
export type ComparisonRow = TruthRow & { readonly predictions: readonly Prediction[] };

/** Input of {@link comparisonGrid}. */
export interface ComparisonGrid extends GridOptions {
  /** Names of the networks, such as `resunet 15.9 M`. */
  readonly models: readonly string[];
  readonly rows: readonly ComparisonRow[];
}

/** Input of {@link studyOverview}. */
export interface StudyOverview extends GridOptions {
  /** The arms that have a prediction, in the order of each row's predictions. */
  readonly arms: readonly { readonly segmentation: string; readonly depth: string }[];
  /** One image makes two rows, masks above depths. */
  readonly rows: readonly ComparisonRow[];
}

/**
 * The same test images as rows; GT beside the PRED MASK, then the PRED DEPTH, of each network. A row's depth
 * panels share one scale.
 *
 * @returns a PNG
 */
export function comparisonGrid(input: ComparisonGrid): Promise<Buffer> {
  const rows = input.rows.map((row): SheetRow => {
    const truth = truthCells(row, row.predictions, input);
    const masks = row.predictions.map((prediction) => predictedMaskCell(prediction, input));
    return {
      cells: [truth.image, truth.mask, ...masks, truth.depth, ...truth.predictedDepths],
      scale: truth.scale,
    };
  });
  const predicted = (heading: string) => input.models.map((model) => ({ heading, detail: model }));
  return drawSheet({
    ...input,
    columns: [
      { heading: 'FG_BG' },
      { heading: 'GT MASK', group: true },
      ...predicted('PRED MASK'),
      { heading: 'GT DEPTH', group: true },
      ...predicted('PRED DEPTH'),
    ],
    rows,
    panelPixels: 192,
    explainInvalid: hasInvalid(input.rows),
  });
}

/**
 * A whole study on a few test images: an arm a column (segmentation loss over depth loss), and for each image a
 * row of masks above a row of depths, which share one scale.
 *
 * @returns a PNG
 */
export function studyOverview(input: StudyOverview): Promise<Buffer> {
  const rows = input.rows.flatMap((row): SheetRow[] => {
    const truth = truthCells(row, row.predictions, input);
    const masks = row.predictions.map((prediction) => predictedMaskCell(prediction, input));
    return [
      { cells: [truth.image, truth.mask, ...masks] },
      { cells: [undefined, truth.depth, ...truth.predictedDepths], scale: truth.scale },
    ];
  });
  return drawSheet({
    ...input,
    columns: [
      { heading: 'FG_BG' },
      { heading: 'GT', detail: 'mask, depth' },
      ...input.arms.map(({ segmentation, depth }, index) => ({
        heading: segmentation,
        detail: depth,
        group: index === 0,
      })),
    ],
    rows,
    panelPixels: 160,
    explainInvalid: hasInvalid(input.rows),
  });
}
