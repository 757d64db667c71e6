/** The pictures of one run: predictions after each epoch, the published figure, and its curves. */
import { runCurves } from '../figures/curves.js';
import { predictionGrid } from '../figures/prediction-grid.js';
import { renderPng } from '../figures/render.js';
import { metricInfo } from '../metrics/info.js';
import { readHistory } from '../tracking/history.js';
import { readPredictions, type ShownPrediction } from '../train/predictions-file.js';
import { runFiles } from '../train/run-folder.js';
import { writeFileWhole } from '../train/write-file.js';

/** What the pictures of a run say of it. */
export interface PictureOptions {
  readonly title: string;
  readonly height: number;
  readonly width: number;
  readonly maxDepth: number;
  readonly depthUnit: string;
}

const gridOptions = ({ title, height, width, maxDepth, depthUnit }: PictureOptions) => ({
  title,
  height,
  width,
  maxDepth,
  depthUnit,
});

/** Draws `samples/epoch-NNN.png`, at half the resolution of a figure: there is one an epoch, beside training. */
export async function drawSamples(
  folder: string,
  epoch: number,
  rows: readonly ShownPrediction[],
  options: PictureOptions,
): Promise<void> {
  const subtitle = `validation images after epoch ${epoch}`;
  const png = await predictionGrid({ ...gridOptions(options), subtitle, rows, ratio: 1 });
  await writeFileWhole(runFiles(folder).sample(epoch), png);
}

/** The validation metrics that curves show: mIoU, and RMSE in the depth unit where it is known. */
const curveMetrics = (unit: string) => [
  metricInfo('miou'),
  { ...metricInfo(unit ? 'rmseMetres' : 'mrmse'), label: `RMSE (${unit || '0–1'})` },
];

/** Draws `predictions.png`, `curves.svg` and `curves.png` from the run's files. */
export async function drawRun(folder: string, options: PictureOptions): Promise<void> {
  // One picture is compressed while the next is drawn.
  await Promise.all([drawPredictions(folder, options), drawCurves(folder, options)]);
}

async function drawPredictions(folder: string, options: PictureOptions): Promise<void> {
  const { predictionData, predictions } = runFiles(folder);
  const rows = readPredictions(predictionData);
  const png = await predictionGrid({ ...gridOptions(options), subtitle: 'test images', rows });
  await writeFileWhole(predictions, png);
}

async function drawCurves(folder: string, { title, depthUnit }: PictureOptions): Promise<void> {
  const { history, curves } = runFiles(folder);
  const svg = runCurves({ title, records: readHistory(history), metrics: curveMetrics(depthUnit) });
  await writeSvgAndPng(curves, svg);
}

/** Writes a chart as `<path>.svg` and `<path>.png`. */
export async function writeSvgAndPng(path: string, svg: string): Promise<void> {
  const asPng = async () => writeFileWhole(`${path}.png`, await renderPng(svg));
  await Promise.all([writeFileWhole(`${path}.svg`, svg), asPng()]);
}
