/** The figures of a whole study, drawn from its files into `figures/`. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { comparisonPlot } from '../figures/comparison.js';
import { type ComparisonRow, comparisonGrid, studyOverview } from '../figures/comparison-grid.js';
import { studyCurves } from '../figures/study-curves.js';
import type { ArmResult, StudyResults } from '../study/results.js';
import { writeSvgAndPng } from '../study/run-pictures.js';
import { studyFiles } from '../study/study-folder.js';
import { readHistory } from '../tracking/history.js';
import type { EpochRecord } from '../train/history.js';
import { readPredictions } from '../train/predictions-file.js';
import { runFiles } from '../train/run-folder.js';
import { writeFileWhole } from '../train/write-file.js';
import { drawEffects, drawErrors, drawPareto } from './analysis-figures.js';
import { finishedRuns, orderArms } from './arms.js';
import { references } from './controls.js';
import { armLabel, describeStudy, figureMetrics, hasSeveralModels } from './labels.js';
import type { ReportFigures } from './markdown.js';

/** Test images on the overview. */
const overviewRows = 2;

/** Draws every figure that the finished runs allow. Returns their names relative to the study. */
export async function drawStudy(folder: string, results: StudyResults): Promise<ReportFigures> {
  const arms = orderArms(results.arms).filter((arm) => finishedRuns(arm).length > 0);
  await mkdir(studyFiles(folder).figures, { recursive: true });
  if (arms.length === 0) return {};
  // One figure is rasterised and compressed while the next is laid out; those that take longest come first.
  const [overview, errors, models, copies, comparison, effects, pareto, curves] = await Promise.all([
    drawOverview(folder, results, arms),
    writeErrors(folder, results),
    hasSeveralModels(results) ? drawModels(folder, results, arms) : undefined,
    copyArms(folder, arms),
    drawComparison(folder, results),
    writeCharts(folder, 'effects', drawEffects(results)),
    writeCharts(folder, 'pareto', [drawPareto(results) ?? []].flat()),
    drawCurves(folder, results, arms),
  ]);
  return { comparison, effects, pareto: pareto[0], curves, errors, overview, models, arms: copies };
}

const firstRun = (folder: string, arm: ArmResult) => runFiles(join(folder, finishedRuns(arm)[0].folder));

async function writeChart(folder: string, name: string, svg: string): Promise<string> {
  await writeSvgAndPng(join(folder, 'figures', name), svg);
  return `figures/${name}.png`;
}

const writeCharts = (folder: string, name: string, svgs: readonly string[]): Promise<string[]> =>
  Promise.all(svgs.map((svg, i) => writeChart(folder, `${name}${i > 0 ? `-${i + 1}` : ''}`, svg)));

async function writeErrors(folder: string, results: StudyResults): Promise<string[]> {
  const pictures = await drawErrors(folder, results);
  return Promise.all(
    pictures.map(async (png, i) => {
      const name = `figures/errors-${i + 1}.png`;
      await writeFileWhole(join(folder, name), png);
      return name;
    }),
  );
}

function drawComparison(folder: string, results: StudyResults): Promise<string> {
  const metrics = figureMetrics(results);
  const svg = comparisonPlot({
    title: `Study ${results.study}: test metrics`,
    subtitle: describeStudy(results),
    arms: orderArms(results.arms).map((arm) => ({ ...arm, label: armLabel(arm, results) })),
    references: metrics.flatMap((metric) => references(results.arms, metric.name)),
    metrics,
  });
  return writeChart(folder, 'comparison', svg);
}

function drawCurves(folder: string, results: StudyResults, arms: readonly ArmResult[]): Promise<string> {
  const epochs = (run: string): EpochRecord[] =>
    readHistory(runFiles(join(folder, run)).history).filter((record) => record.kind === 'epoch');
  const svg = studyCurves({
    title: `Study ${results.study}: validation metrics`,
    subtitle: describeStudy(results),
    arms: arms.map((arm) => ({
      label: armLabel(arm, results),
      runs: finishedRuns(arm).map((run) => epochs(run.folder)),
    })),
    metrics: figureMetrics(results),
  });
  return writeChart(folder, 'curves', svg);
}

/** The shown test images with the predictions of several arms, of each its first finished run. */
function comparisonRows(folder: string, arms: readonly ArmResult[], count: number): ComparisonRow[] {
  const shown = arms.map((arm) => readPredictions(firstRun(folder, arm).predictionData));
  return shown[0].slice(0, count).map((row, i) => ({ ...row, predictions: shown.map((of) => of[i]) }));
}

const gridOptions = ({ dataset: { height, width, maxDepth, depthUnit } }: StudyResults) => ({
  height,
  width,
  maxDepth,
  depthUnit,
});

async function drawOverview(
  folder: string,
  results: StudyResults,
  arms: readonly ArmResult[],
): Promise<string> {
  const png = await studyOverview({
    ...gridOptions(results),
    title: `Study ${results.study}: every arm on the same test images`,
    subtitle: describeStudy(results),
    arms: arms.map((arm) => ({ segmentation: arm.segmentation, depth: armDetail(arm, results) })),
    rows: comparisonRows(folder, arms, overviewRows),
  });
  await writeFileWhole(join(folder, 'figures', 'overview.png'), png);
  return 'figures/overview.png';
}

const armDetail = (arm: ArmResult, results: StudyResults): string =>
  `${arm.depth}${arm.kind === 'duplicate' ? ' (again)' : ''}${hasSeveralModels(results) ? ` · ${arm.model}` : ''}${arm.variant ? ` · ${arm.variant}` : ''}`;

/** One side-by-side figure of the models for each pair of losses. */
async function drawModels(
  folder: string,
  results: StudyResults,
  arms: readonly ArmResult[],
): Promise<string[]> {
  const pairs = new Map<string, ArmResult[]>();
  for (const arm of arms) {
    if (arm.kind !== 'pair') continue;
    const pair = `${arm.segmentation} · ${arm.depth}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), arm]);
  }
  const names: string[] = [];
  for (const [pair, members] of pairs) {
    if (members.length < 2) continue;
    const png = await comparisonGrid({
      ...gridOptions(results),
      title: `Models side by side: ${pair}`,
      subtitle: describeStudy(results),
      models: members.map(
        (arm) => `${arm.variant ?? arm.model} ${(arm.runs[0].parameters / 1e6).toFixed(1)} M`,
      ),
      rows: comparisonRows(folder, members, Number.POSITIVE_INFINITY),
    });
    const name = `figures/models-${names.length + 1}.png`;
    await writeFileWhole(join(folder, name), png);
    names.push(name);
  }
  return names;
}

/** Copies each arm's published figure and curves beside the shared ones, so that the report stands by itself. */
async function copyArms(folder: string, arms: readonly ArmResult[]): Promise<ReportFigures['arms']> {
  const copies: Record<string, { predictions?: string; curves?: string }> = {};
  for (const arm of arms) {
    const run = firstRun(folder, arm);
    const copy = async (source: string, suffix: string) => {
      if (!existsSync(source)) return undefined;
      const name = `figures/${arm.name}-${suffix}.png`;
      await copyFile(source, join(folder, name));
      return name;
    };
    copies[arm.name] = {
      predictions: await copy(run.predictions, 'predictions'),
      curves: await copy(`${run.curves}.png`, 'curves'),
    };
  }
  return copies;
}
