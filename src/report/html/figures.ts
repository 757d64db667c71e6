/** The figures of a study as markup that travels inside the page: SVG as it is, pictures as data. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { StudyResults } from '../../study/results.js';
import { runFiles } from '../../train/run-folder.js';
import { finishedRuns, orderArms } from '../arms.js';
import { armLabel } from '../labels.js';
import type { ReportFigures } from '../markdown.js';
import { escapeHtml } from './markup.js';
import type { HtmlFigures } from './report.js';

/**
 * WebP is less than half of the PNG, and every browser since 2020 shows it. More effort, or smart subsampling of colour, takes a third
 * to six times longer and makes these pictures of magnified pixels hardly smaller and no better.
 */
const quality = { quality: 86, effort: 0 };

/** Half of the pixels of a figure, which is drawn for dense screens; the browser scales the rest. */
async function picture(file: string, alt: string): Promise<string> {
  const image = sharp(await readFile(file));
  const { width = 0, height = 0 } = await image.metadata();
  const data = await image.webp(quality).toBuffer();
  return `<img src="data:image/webp;base64,${data.toString('base64')}" width="${Math.round(width / 2)}" height="${Math.round(height / 2)}" alt="${escapeHtml(alt)}" loading="lazy">`;
}

/** The predictions of each arm's first finished run, from that run's folder. */
export const inlineArms = (
  folder: string,
  results: StudyResults,
): Promise<NonNullable<HtmlFigures['arms']>> =>
  Promise.all(
    orderArms(results.arms).map(async (arm) => {
      const label = armLabel(arm, results);
      const [run] = finishedRuns(arm);
      const file = run && runFiles(join(folder, run.folder)).predictions;
      if (!file || !existsSync(file)) return { label };
      return { label, predictions: await picture(file, `${label}: truth and predictions`) };
    }),
  );

/** Reads the figures of the whole study that `drawStudy` left in its folder. */
export async function inlineFigures(folder: string, figures: ReportFigures): Promise<HtmlFigures> {
  const chart = (name: string | undefined) =>
    name === undefined ? undefined : readFile(join(folder, name.replace(/\.png$/, '.svg')), 'utf8');
  const image = (name: string | undefined, alt: string) =>
    name === undefined ? undefined : picture(join(folder, name), alt);
  const all = <T>(names: readonly string[] | undefined, read: (name: string) => T) =>
    Promise.all((names ?? []).map(read));
  return {
    comparison: await chart(figures.comparison),
    effects: await all(figures.effects, (name) => chart(name)!),
    pareto: await chart(figures.pareto),
    curves: await chart(figures.curves),
    errors: await all(figures.errors, (name) => image(name, 'Test images with maps of the error')!),
    overview: await image(figures.overview, 'Predictions of every arm on the same test images'),
    models: await all(figures.models, (name) => image(name, 'Models side by side')!),
  };
}
