/** Curves of a whole study: validation metrics by epoch, a line for each arm, labelled at its end. */
import * as Plot from '@observablehq/plot';
import type { MetricInfo } from '../metrics/info.js';
import type { EpochRecord } from '../train/history.js';
import { armColours, inks } from './colours.js';
import { epochTicks } from './curves.js';
import { domainOfOne, drawChart, drawPage, spreadLabels } from './plot.js';
import { svgText, textWidth, wrapText } from './render.js';

/** One arm with the epochs of each of its runs. */
export interface ArmCurves {
  readonly label: string;
  readonly runs: readonly (readonly EpochRecord[])[];
}

/** Input of {@link studyCurves}. */
export interface StudyCurves {
  readonly title: string;
  readonly subtitle?: string;
  readonly arms: readonly ArmCurves[];
  /** Metrics to draw, one chart each, labels with their unit. */
  readonly metrics: readonly MetricInfo[];
}

interface Point {
  readonly epoch: number;
  readonly value: number;
}

/** What is drawn for one arm and one metric. */
interface Line {
  readonly label: string;
  readonly colour: string;
  readonly dash: string;
  readonly runs: readonly Point[][];
  readonly mean: readonly Point[];
}

const margin = 16;
const chartWidth = 340;
const labelSize = 10;
const labelGap = 13;

/** Beyond ten arms the colours repeat, dashed. */
const dashes = ['none', '6,3', '2,2', '8,3,2,3'];

/** Mean over the runs that reached each epoch. */
function meanOf(runs: readonly Point[][]): Point[] {
  const epochs = [...new Set(runs.flat().map((point) => point.epoch))].sort((a, b) => a - b);
  return epochs.map((epoch) => {
    const values = runs.flat().filter((point) => point.epoch === epoch);
    return { epoch, value: values.reduce((sum, point) => sum + point.value, 0) / values.length };
  });
}

function linesOf(arms: readonly ArmCurves[], metric: MetricInfo): Line[] {
  return arms.map(({ label, runs }, index) => {
    const series = runs.map((run) =>
      run
        .map((record) => ({ epoch: record.epoch, value: record.validation[metric.name] }))
        .filter((point) => Number.isFinite(point.value)),
    );
    return {
      label,
      colour: armColours[index % armColours.length],
      dash: dashes[Math.floor(index / armColours.length) % dashes.length],
      runs: series,
      mean: meanOf(series),
    };
  });
}

function metricChart(lines: readonly Line[], metric: MetricInfo, height: number, labelWidth: number): string {
  const drawn = lines.filter((line) => line.mean.length > 0);
  const epochs = drawn.flatMap((line) => line.mean.map((point) => point.epoch));
  const chart = drawChart({
    width: chartWidth,
    height,
    marginTop: 26,
    marginLeft: 44,
    marginRight: 0,
    marginBottom: 34,
    x: {
      label: 'epoch',
      labelArrow: 'none',
      labelAnchor: 'center',
      ticks: epochTicks(epochs),
      tickFormat: 'd',
      insetLeft: 10,
      insetRight: 5,
    },
    y: {
      label: `${metric.label}, ${metric.direction} is better`,
      labelArrow: 'none',
      domain: domainOfOne(drawn.flatMap((line) => line.mean.map((point) => point.value))),
      ticks: 6,
      nice: true,
      inset: 4,
    },
    marks: [
      Plot.gridY({ stroke: inks.line, strokeOpacity: 1, ticks: 6 }),
      drawn.map((line) => [
        // With one run the mean is the run.
        ...(line.runs.length > 1 ? line.runs : []).map((run) =>
          Plot.lineY(run, {
            x: 'epoch',
            y: 'value',
            stroke: line.colour,
            strokeWidth: 1,
            strokeOpacity: 0.3,
          }),
        ),
        Plot.lineY(line.mean, {
          x: 'epoch',
          y: 'value',
          stroke: line.colour,
          strokeDasharray: line.dash,
          strokeWidth: 2,
        }),
        Plot.dot(line.mean.slice(-1), { x: 'epoch', y: 'value', fill: line.colour, r: 3 }),
      ]),
    ],
  });
  const ends = drawn.map((line) => chart.y(line.mean[line.mean.length - 1].value));
  const places = spreadLabels(ends, labelGap, 30, height - 38);
  const labels = drawn.map((line, index) => {
    const [from, to] = [ends[index], places[index]];
    const leader = `M${chartWidth - 3},${from}L${chartWidth + 14},${to}L${chartWidth + 18},${to}`;
    return (
      `<path d="${leader}" fill="none" stroke="${line.colour}"/>` +
      `<rect x="${chartWidth + 18}" y="${to - 4}" width="8" height="8" rx="1.5" fill="${line.colour}"/>` +
      svgText(chartWidth + 30, to + 3.5, wrapText(line.label, labelWidth, labelSize, 1)[0], {
        size: labelSize,
      })
    );
  });
  return chart.svg + labels.join('');
}

/**
 * Validation metrics by epoch for all arms. Each line is an arm's mean over its seeds, labelled at its end; with
 * several seeds every run is drawn behind it as a thin line. An arm without a finite value is not drawn.
 *
 * @returns an SVG; `renderPng` makes a PNG of it
 */
export function studyCurves(input: StudyCurves): string {
  const longest = Math.max(...input.arms.map((arm) => textWidth(arm.label, labelSize)));
  const labelWidth = Math.min(190, longest + 4);
  const cell = chartWidth + 30 + labelWidth + 14;
  const height = Math.max(280, 80 + input.arms.length * labelGap);
  const parts = input.metrics.map((metric, index) => ({
    x: margin + index * cell,
    y: 0,
    svg: metricChart(linesOf(input.arms, metric), metric, height, labelWidth),
  }));
  return drawPage(Math.ceil(2 * margin + input.metrics.length * cell - 14), height, input, parts);
}
