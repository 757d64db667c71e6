/** Curves of one run: its training losses by step, and its validation metrics by epoch. */
import * as Plot from '@observablehq/plot';
import type { MetricInfo } from '../metrics/info.js';
import type { EpochRecord, HistoryRecord, StepRecord } from '../train/history.js';
import { armColours, inks } from './colours.js';
import { domainOfOne, drawChart, drawPage, type Placed } from './plot.js';
import { svgText } from './render.js';

/** Input of {@link runCurves}. */
export interface RunCurves {
  readonly title: string;
  readonly subtitle?: string;
  readonly records: readonly HistoryRecord[];
  /** Validation metrics to draw, labels with their unit, such as `RMSE (m)`. */
  readonly metrics: readonly MetricInfo[];
}

type LossName = 'loss' | 'segmentationLoss' | 'depthLoss';

const pageWidth = 960;
const margin = 16;
const chartHeight = 190;
/** Height and margins that all panels share. */
const frame = { height: chartHeight, marginTop: 24, marginLeft: 44, marginRight: 12, marginBottom: 34 };
const [trainingColour, validationColour] = [armColours[0], armColours[6]];

/** Whether positive values span more than one and a half decades, so that a log scale shows them better. */
export function spansDecades(values: readonly number[]): boolean {
  const low = Math.min(...values);
  return low > 0 && Math.max(...values) > low * 10 ** 1.5;
}

/** The powers of ten that enclose positive values. */
function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

/** Ticks at whole epochs, at most about eight of them. */
export function epochTicks(epochs: readonly number[]): number[] {
  const last = Math.max(...epochs, 1);
  const stride = Math.ceil(last / 8);
  return Array.from({ length: Math.floor(last / stride) }, (_, i) => (i + 1) * stride);
}

function lossChart(steps: readonly StepRecord[], name: LossName, title: string, width: number): string {
  const finite = steps.filter((record) => Number.isFinite(record[name]));
  const broken = steps.find((record) => !Number.isFinite(record[name]));
  const values = finite.map((record) => record[name]);
  const log = spansDecades(values);
  const ticks = log ? decades(values) : 5;
  const window = Math.max(1, Math.round(finite.length / 25));
  const chart = drawChart({
    width,
    ...frame,
    x: { label: 'step', labelArrow: 'none', labelAnchor: 'center', ticks: 5, tickFormat: 'd' },
    y: {
      type: log ? 'log' : 'linear',
      label: log ? `${title} (log scale)` : title,
      labelArrow: 'none',
      domain: domainOfOne(values),
      ticks,
      tickFormat: log ? '~g' : undefined,
      nice: true,
    },
    marks: [
      Plot.gridY({ stroke: inks.line, strokeOpacity: 1, ticks }),
      Plot.lineY(finite, { x: 'step', y: name, stroke: trainingColour, strokeOpacity: 0.35, strokeWidth: 1 }),
      Plot.lineY(
        finite,
        Plot.windowY(
          { k: window, anchor: 'middle' },
          { x: 'step', y: name, stroke: trainingColour, strokeWidth: 2 },
        ),
      ),
      broken && [
        Plot.ruleX([broken.step], { stroke: inks.failure, strokeDasharray: '3,2' }),
        Plot.text([`not finite at step ${broken.step}`], {
          x: broken.step,
          frameAnchor: 'top',
          textAnchor: 'end',
          dx: -4,
          stroke: '#fff',
          strokeWidth: 4,
          fill: inks.failure,
        }),
      ],
    ],
  });
  return chart.svg;
}

function metricChart(epochs: readonly EpochRecord[], metric: MetricInfo, width: number): string {
  const points = epochs
    .map((record) => ({ epoch: record.epoch, value: record.validation[metric.name], best: record.best }))
    .filter((point) => Number.isFinite(point.value));
  const chosen = points.filter((point) => point.best).slice(-1);
  const chart = drawChart({
    width,
    ...frame,
    x: {
      label: 'epoch',
      labelArrow: 'none',
      labelAnchor: 'center',
      ticks: epochTicks(points.map((point) => point.epoch)),
      tickFormat: 'd',
      inset: 12,
    },
    y: {
      label: `${metric.label}, ${metric.direction} is better`,
      labelArrow: 'none',
      domain: domainOfOne(points.map((point) => point.value)),
      ticks: 5,
      nice: true,
      inset: 4,
    },
    marks: [
      Plot.gridY({ stroke: inks.line, strokeOpacity: 1, ticks: 5 }),
      Plot.lineY(points, { x: 'epoch', y: 'value', stroke: validationColour, strokeWidth: 2 }),
      Plot.dot(points, { x: 'epoch', y: 'value', fill: validationColour, r: 3 }),
      Plot.dot(chosen, { x: 'epoch', y: 'value', stroke: inks.text, strokeWidth: 1.5, r: 6 }),
      Plot.text(chosen, {
        x: 'epoch',
        y: 'value',
        text: (point) => point.value.toFixed(metric.digits),
        textAnchor: 'end',
        dx: -9,
        stroke: '#fff',
        strokeWidth: 4,
        fill: inks.text,
      }),
    ],
  });
  return chart.svg;
}

/**
 * Curves of one run as small multiples: joint, segmentation and depth loss by step (every step, and a centred
 * moving mean over a 25th of them; log scale beyond 1.5 decades), and validation metrics by epoch. A ring marks the
 * epoch that validation selected; a loss that stopped being finite is marked where it happened.
 *
 * @returns an SVG; `renderPng` makes a PNG of it
 */
export function runCurves(input: RunCurves): string {
  const steps = input.records.filter((record): record is StepRecord => record.kind === 'step');
  const epochs = input.records.filter((record): record is EpochRecord => record.kind === 'epoch');
  const parts: Placed[] = [];
  let y = 0;
  const row = (title: string, note: string, charts: readonly ((width: number) => string)[]) => {
    const width = (pageWidth - 2 * margin) / charts.length;
    const side = { size: 9.5, fill: inks.muted, anchor: 'end' } as const;
    parts.push({ x: margin, y, svg: svgText(0, 10, title, { bold: true }) });
    parts.push({ x: pageWidth - margin, y, svg: svgText(0, 10, note, side) });
    for (const [index, chart] of charts.entries())
      parts.push({ x: margin + index * width, y: y + 18, svg: chart(width) });
    y += chartHeight + 34;
  };
  const losses: readonly (readonly [LossName, string])[] = [
    ['loss', 'joint loss'],
    ['segmentationLoss', 'segmentation loss'],
    ['depthLoss', 'depth loss'],
  ];
  if (steps.length > 0) {
    row(
      'Training',
      'light: every step; dark: moving mean',
      losses.map(
        ([name, title]) =>
          (width) =>
            lossChart(steps, name, title, width),
      ),
    );
  }
  if (epochs.length > 0) {
    row(
      'Validation',
      'ring: the epoch that was selected',
      input.metrics.map((metric) => (width) => metricChart(epochs, metric, width)),
    );
  }
  return drawPage(pageWidth, y - 16, input, parts);
}
