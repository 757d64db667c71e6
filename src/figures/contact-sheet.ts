/** A contact sheet: samples of a data set, each with its image, background, mask and depth. */
import type { Sample } from '../data/dataset.js';
import { fractions } from '../data/fractions.js';
import { depthPanel, imagePanel, maskPanel } from './panels.js';
import { drawSheet, type SheetCell } from './sheet.js';

/** What {@link contactSheet} draws. */
export interface ContactSheetOptions {
  readonly title: string;
  readonly subtitle?: string;
  readonly height: number;
  readonly width: number;
  /** Unit at a normalised depth of 1. */
  readonly maxDepth: number;
  readonly depthUnit: string;
  readonly samples: readonly Sample[];
}

/** Samples side by side. */
const perRow = 2;

/** Draws the samples two in a row, all depth on one scale. Returns a PNG. */
export function contactSheet(options: ContactSheetOptions): Promise<Buffer> {
  const { samples, height, width, maxDepth, depthUnit } = options;
  const depths = samples.map(({ depth }) => fractions(depth, 65535));
  let [low, high] = [1, 0];
  for (const [i, { depthValid }] of samples.entries())
    for (let pixel = 0; pixel < depthValid.length; pixel++)
      if (depthValid[pixel]) {
        low = Math.min(low, depths[i][pixel]);
        high = Math.max(high, depths[i][pixel]);
      }
  const scale = high > low ? { low, high } : { low: 0, high: 1 };
  const shown = samples[0]?.background
    ? ['background', 'image', 'mask', 'depth']
    : ['image', 'mask', 'depth'];
  const cellsOf = (sample: Sample, i: number): SheetCell[] => [
    ...(sample.background ? [{ panel: imagePanel(sample.background, height, width) }] : []),
    { panel: imagePanel(sample.image, height, width), caption: sample.id.replace(/^.*\//, '') },
    { panel: maskPanel(sample.mask, height, width, sample.maskValid) },
    { panel: depthPanel(depths[i], height, width, scale, sample.depthValid) },
  ];
  const rows = [];
  for (let from = 0; from < samples.length; from += perRow) {
    const cells = samples.slice(from, from + perRow).flatMap((sample, i) => cellsOf(sample, from + i));
    rows.push({ cells, scale });
  }
  const columns = Array.from({ length: Math.min(perRow, samples.length) }, () =>
    shown.map((heading, i) => ({ heading, group: i === 0 })),
  ).flat();
  return drawSheet({
    ...{
      title: options.title,
      subtitle: options.subtitle,
      columns,
      rows,
      height,
      width,
      maxDepth,
      depthUnit,
    },
    panelPixels: 240,
    explainInvalid: samples.some(
      ({ maskValid, depthValid }) => maskValid.includes(0) || depthValid.includes(0),
    ),
  });
}
