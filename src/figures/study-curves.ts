/** Curves of a whole study: validation metrics against steps and against seconds, a line and a band for each arm. */
import * as Plot from '@observablehq/plot';
import type { MetricInfo } from '../metrics/info.js';
import type { EpochRecord } from '../train/history.js';
import { armColours, inks } from './colours.js';
import { domainOfOne, drawChart, drawPage, type Placed, spreadLabels } from './plot.js';
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
  /** The first ones are coloured and labelled where there are many. */
  readonly arms: readonly ArmCurves[];
  /** Metrics to draw, one row of charts each, labels with their unit. */
  readonly metrics: readonly MetricInfo[];
}

/** What a curve is drawn against. */
type Axis = 'step' | 'seconds';

/** An epoch of an arm: means over its runs, and the lowest and highest value among them. */
interface Point {
  readonly step: number;
  readonly seconds: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What is drawn for one arm and one metric. */
interface Line {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly Point[];
  /** Whether it has a colour, a band and a label; the others are grey. */
  readonly shown: boolean;
}

const margin = 16;
const chartWidth = 330;
const labelSize = 10;
const labelGap = 13;

/** More arms than this, and only {@link shownArms} of them are told apart: there are ten colours. */
const mostArms = 10;
const shownArms = 8;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function pointsOf(runs: ArmCurves['runs'], name: string): Point[] {
  const records = runs.flat().filter((record) => Number.isFinite(record.validation[name]));
  const epochs = [...new Set(records.map((record) => record.epoch))].sort((a, b) => a - b);
  return epochs.map((epoch) => {
    const there = records.filter((record) => record.epoch === epoch);
    const values = there.map((record) => record.validation[name]);
    return {
      step: mean(there.map((record) => record.step)),
      seconds: mean(there.map((record) => record.seconds)),
      value: mean(values),
      low: Math.min(...values),
      high: Math.max(...values),
    };
  });
}

function linesOf({ arms }: StudyCurves, metric: MetricInfo): Line[] {
  const shown = arms.length > mostArms ? shownArms : arms.length;
  return arms
    .map(({ label, runs }, index) => ({
      label,
      colour: index < shown ? armColours[index] : inks.line,
      points: pointsOf(runs, metric.name),
      shown: index < shown,
    }))
    .filter((line) => line.points.length > 0);
}

function metricChart(lines: readonly Line[], metric: MetricInfo, x: Axis, height: number) {
  // Grey lines first, so that they lie below.
  const ordered = [...lines].sort((a, b) => Number(a.shown) - Number(b.shown));
  return drawChart({
    width: chartWidth,
    height,
    marginTop: 26,
    marginLeft: 44,
    marginRight: 2,
    marginBottom: 34,
    x: {
      label: x === 'step' ? 'training step' : 'seconds since the start of the run',
      labelArrow: 'none',
      labelAnchor: 'center',
      ticks: 6,
      tickFormat: x === 'step' ? 'd' : undefined,
      zero: true,
      insetRight: 5,
    },
    y: {
      label: `${metric.label}, ${metric.direction} is better`,
      labelArrow: 'none',
      domain: domainOfOne(lines.flatMap((line) => line.points.flatMap(({ low, high }) => [low, high]))),
      ticks: 6,
      nice: true,
      inset: 4,
    },
    marks: [
      Plot.gridY({ stroke: inks.line, strokeOpacity: 1, ticks: 6 }),
      ordered.map(({ points, shown, colour }) =>
        shown && points.some(({ low, high }) => high > low)
          ? Plot.areaY(points, { x, y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.12 })
          : null,
      ),
      ordered.map(({ points, shown, colour }) => [
        Plot.lineY(points, { x, y: 'value', stroke: colour, strokeWidth: shown ? 2 : 1.2 }),
        Plot.dot(points.slice(-1), { x, y: 'value', fill: colour, r: shown ? 3 : 2 }),
      ]),
    ],
  });
}

/** Names of the lines beside the last chart of a row, each joined to the end of its line. */
function endLabels(lines: readonly Line[], y: (value: number) => number, height: number, width: number) {
  const shown = lines.filter((line) => line.shown);
  const ends = shown.map(({ points }) => y(points[points.length - 1].value));
  const places = spreadLabels(ends, labelGap, 30, height - 38);
  return shown.map(({ label, colour }, index) => {
    const [from, to] = [ends[index], places[index]];
    return (
      `<path d="M2,${from}L14,${to}L18,${to}" fill="none" stroke="${colour}"/>` +
      `<rect x="18" y="${to - 4}" width="8" height="8" rx="1.5" fill="${colour}"/>` +
      svgText(30, to + 3.5, wrapText(label, width, labelSize, 1)[0], { size: labelSize })
    );
  });
}

/** What line, band and grey mean, as far as they occur. */
function keyOf({ arms }: StudyCurves): string {
  const several = arms.some(({ runs }) => runs.length > 1);
  const grey = arms.length > mostArms ? ` · grey: the other ${arms.length - shownArms} arms` : '';
  return `${several ? 'line: mean over seeds · band: lowest to highest seed' : 'line: one seed'}${grey}`;
}

/**
 * Validation metrics of all arms, a row of two charts each: against training steps, and against seconds. A line is an arm's
 * mean over its seeds, labelled at its end, its band the lowest and highest seed. Of more than ten arms the first eight
 * have a colour. An arm without a finite value is not drawn.
 *
 * @returns an SVG; `renderPng` makes a PNG of it
 */
export function studyCurves(input: StudyCurves): string {
  const rows = input.metrics.map((metric) => ({ metric, lines: linesOf(input, metric) }));
  const labels = rows.flatMap(({ lines }) => lines.map(({ label }) => textWidth(label, labelSize)));
  const labelWidth = Math.min(190, Math.max(0, ...labels) + 4);
  const height = Math.max(240, 80 + Math.min(input.arms.length, mostArms) * labelGap);
  const parts = rows.flatMap(({ metric, lines }, row): Placed[] => {
    const y = row * (height + 10);
    const bySeconds = metricChart(lines, metric, 'seconds', height);
    const x = margin + chartWidth + 14;
    return [
      { x: margin, y, svg: metricChart(lines, metric, 'step', height).svg },
      { x, y, svg: bySeconds.svg },
      { x: x + chartWidth - 3, y, svg: endLabels(lines, bySeconds.y, height, labelWidth).join('') },
    ];
  });
  const total = rows.length * (height + 10);
  parts.push({ x: margin, y: total + 2, svg: svgText(0, 0, keyOf(input), { size: 9.5, fill: inks.muted }) });
  return drawPage(Math.ceil(2 * margin + 2 * chartWidth + 44 + labelWidth), total, input, parts);
}
