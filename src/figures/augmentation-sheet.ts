/** A picture of augmented samples: each as it was read, and as training sees it in the first epochs. */
import type { Sample } from '../data/dataset.js';
import { fractions } from '../data/fractions.js';
import { depthPanel, depthScale, imagePanel, maskPanel } from './panels.js';
import { drawSheet, type SheetCell, type SheetRow } from './sheet.js';

/** One sample in one state, with what was done to it in words. */
export interface SheetSample {
  readonly sample: Sample;
  readonly caption: string;
}

/** Input of {@link augmentationSheet}. */
export interface AugmentationSheet {
  readonly title: string;
  readonly subtitle?: string;
  readonly height: number;
  readonly width: number;
  /** Depth at 1 in `depthUnit`. */
  readonly maxDepth: number;
  readonly depthUnit: string;
  /** Headings of the states, such as `as read` and `epoch 1`. */
  readonly states: readonly string[];
  /** For each sample, one entry a state. */
  readonly rows: readonly (readonly SheetSample[])[];
}

/**
 * Draws one sample a row; for each state its empty scene (where there is one), image, mask and depth. All depth panels
 * of a row share the scale at its right end, so that a zoom is seen to bring the scene nearer.
 *
 * @returns a PNG
 */
export function augmentationSheet(input: AugmentationSheet): Promise<Buffer> {
  const { height, width, states } = input;
  const samples = input.rows.flat();
  const hasBackground = samples.some(({ sample }) => sample.background);
  const rows = input.rows.map((row): SheetRow => {
    const [first] = row;
    const depths = row.map(({ sample }) => fractions(sample.depth, 65535));
    const scale = depthScale(depths[0], first.sample.depthValid, depths);
    const cells = row.flatMap(({ sample, caption }, i): SheetCell[] => [
      ...(sample.background ? [{ panel: imagePanel(sample.background, height, width) }] : []),
      { panel: imagePanel(sample.image, height, width), caption },
      { panel: maskPanel(sample.mask, height, width, sample.maskValid) },
      { panel: depthPanel(depths[i], height, width, scale, sample.depthValid) },
    ]);
    return { cells, scale };
  });
  const columns = states.flatMap((state, i) => [
    ...(hasBackground ? [{ heading: 'BG', group: i > 0 }] : []),
    { heading: hasBackground ? 'FG_BG' : 'IMAGE', detail: state, group: i > 0 && !hasBackground },
    { heading: 'MASK' },
    { heading: 'DEPTH' },
  ]);
  return drawSheet({
    ...input,
    columns,
    rows,
    panelPixels: 192,
    explainInvalid: samples.some(
      ({ sample }) => sample.maskValid.includes(0) || sample.depthValid.includes(0),
    ),
  });
}
