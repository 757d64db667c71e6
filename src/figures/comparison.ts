/** A dot plot of a study's arms, one column a metric: every seed, the mean and its interval, and trivial predictors. */
import * as Plot from '@observablehq/plot';
import type { MetricInfo } from '../metrics/info.js';
import type { ArmResult } from '../study/results.js';
import { armColours, inks } from './colours.js';
import { drawChart, drawPage, type Placed } from './plot.js';
import { svgText, textWidth, wrapText } from './render.js';

/** An arm as the plot shows it. */
export type ComparisonArm = Pick<ArmResult, 'runs' | 'summary'> & { readonly label: string };

/** What a trivial predictor reaches in one metric. */
export interface ReferenceLine {
  /** Name of the metric whose column it is drawn in. */
  readonly metric: string;
  readonly label: string;
  readonly value: number;
}

/** Input of {@link comparisonPlot}. */
export interface ComparisonPlot {
  readonly title: string;
  readonly subtitle?: string;
  /** Rows from top to bottom. */
  readonly arms: readonly ComparisonArm[];
  readonly references: readonly ReferenceLine[];
  /** Columns, labels with their unit. */
  readonly metrics: readonly MetricInfo[];
}

const margin = 16;
const chartWidth = 320;
const rowHeight = 24;
const labelSize = 11;
const referenceGap = 12;

const referencesOf = (input: ComparisonPlot, metric: MetricInfo) =>
  input.references.filter((line) => line.metric === metric.name && Number.isFinite(line.value));

function metricChart(input: ComparisonPlot, metric: MetricInfo): string {
  const rows = input.arms.map((_, index) => index);
  const dots = input.arms.flatMap((arm, row) =>
    arm.runs
      .map((run) => ({ row, value: run.metrics[metric.name], collapsed: run.status === 'collapsed' }))
      .filter((dot) => Number.isFinite(dot.value)),
  );
  const means = input.arms.flatMap((arm, row) => {
    const summary = arm.summary[metric.name];
    const seeds = dots.filter((dot) => dot.row === row).length;
    return summary && seeds >= 2 ? [{ row, ...summary }] : [];
  });
  const unsorted = referencesOf(input, metric);
  const values = [...dots, ...unsorted].map((dot) => dot.value).concat(means.flatMap((m) => [m.low, m.high]));
  const middle = (Math.min(...values) + Math.max(...values)) / 2;
  // Labels point to the middle. The outermost stand highest, so that no line runs through another one's label.
  const references = [...unsorted].sort((a, b) => Math.abs(b.value - middle) - Math.abs(a.value - middle));
  const top = 8 + references.length * referenceGap;
  const colour = armColours[0];
  const chart = drawChart({
    width: chartWidth,
    height: top + input.arms.length * rowHeight + 40,
    marginTop: top,
    marginLeft: 10,
    marginRight: 10,
    marginBottom: 40,
    x: {
      label: `${metric.label}, ${metric.direction} is better`,
      labelArrow: 'none',
      labelAnchor: 'center',
      ticks: 6,
      nice: true,
      inset: 6,
    },
    y: { type: 'band', domain: rows, axis: null, padding: 0 },
    marks: [
      Plot.gridX({ stroke: inks.line, strokeOpacity: 1, ticks: 6 }),
      Plot.ruleY(rows, { y: (row) => row, stroke: inks.faint }),
      references.map((line, index) =>
        Plot.text([line], {
          x: 'value',
          text: 'label',
          frameAnchor: 'top',
          textAnchor: line.value > middle ? 'end' : 'start',
          dx: line.value > middle ? -4 : 4,
          dy: -top + 4 + index * referenceGap,
          fill: inks.muted,
        }),
      ),
      references.map((line, index) =>
        Plot.ruleX([line], {
          x: 'value',
          stroke: inks.muted,
          strokeDasharray: '4,3',
          insetTop: -top + 4 + index * referenceGap,
        }),
      ),
      Plot.ruleY(means, { y: 'row', x1: 'low', x2: 'high', stroke: colour, strokeWidth: 2 }),
      Plot.dot(dots, {
        x: 'value',
        y: 'row',
        r: 3.5,
        fill: (dot) => (dot.collapsed ? '#fff' : colour),
        fillOpacity: means.length > 0 ? 0.45 : 1,
        stroke: colour,
        strokeOpacity: (dot) => (dot.collapsed ? 1 : 0),
      }),
      Plot.tickX(means, { x: 'mean', y: 'row', stroke: inks.text, strokeWidth: 2, inset: 5 }),
    ],
  });
  const missing = input.arms.flatMap((arm, row) => {
    if (dots.some((dot) => dot.row === row)) return [];
    const cause = arm.runs.find((run) => run.cause)?.cause;
    const text = wrapText(cause ? `failed: ${cause}` : 'no value', chartWidth - 30, 10, 1)[0];
    return svgText(16, chart.y(row) + 3.5, text, { size: 10, fill: inks.failure, halo: true });
  });
  return chart.svg + missing.join('');
}

/** What the marks mean, as far as they occur. */
function keyOf({ arms, references }: ComparisonPlot): string {
  const runs = arms.map((arm) => arm.runs.filter((run) => Object.keys(run.metrics).length > 0));
  const parts = ['dot: one seed'];
  if (runs.some((finished) => finished.length > 1)) parts.push('tick and line: mean and its 95 % interval');
  if (runs.flat().some((run) => run.status === 'collapsed')) parts.push('hollow: collapsed mask');
  if (references.length > 0) parts.push('dashed: trivial prediction');
  return parts.join(' · ');
}

/**
 * Dot plot of arms, metrics side by side. Every seed is a dot (hollow when its mask collapsed); from two seeds on,
 * a tick is the mean and a line its interval. Trivial predictors are dashed lines; an arm without a value says why.
 *
 * @returns an SVG; `renderPng` makes a PNG of it
 */
export function comparisonPlot(input: ComparisonPlot): string {
  const longest = Math.max(...input.arms.map((arm) => textWidth(arm.label, labelSize)));
  const labelWidth = Math.min(260, longest + 8);
  const counts = input.metrics.map((metric) => referencesOf(input, metric).length);
  const tallest = Math.max(...counts);
  const parts: Placed[] = [];
  for (const [row, arm] of input.arms.entries()) {
    const y = 8 + tallest * referenceGap + (row + 0.5) * rowHeight + 4;
    const label = wrapText(arm.label, labelWidth, labelSize, 1)[0];
    parts.push({ x: margin + labelWidth, y, svg: svgText(0, 0, label, { size: labelSize, anchor: 'end' }) });
  }
  for (const [index, metric] of input.metrics.entries()) {
    const y = (tallest - counts[index]) * referenceGap;
    parts.push({ x: margin + labelWidth + index * (chartWidth + 8), y, svg: metricChart(input, metric) });
  }
  const width = 2 * margin + labelWidth + input.metrics.length * (chartWidth + 8);
  const height = 8 + tallest * referenceGap + input.arms.length * rowHeight + 54;
  parts.push({
    x: margin,
    y: height,
    svg: svgText(0, 0, keyOf(input), { size: 9.5, fill: inks.muted }),
  });
  return drawPage(Math.ceil(width), height, input, parts);
}
