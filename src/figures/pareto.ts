/** Mask quality against depth error, with the time each arm took: which arms leave nothing on the table. */
import * as Plot from '@observablehq/plot';
import type { MetricInfo } from '../metrics/info.js';
import type { Estimate } from '../study/results.js';
import { inks } from './colours.js';
import { drawChart, drawPage, type Placed } from './plot.js';
import { svgText, textWidth, wrapText } from './render.js';

/** One arm as the figure shows it. */
export interface ParetoArm {
  readonly label: string;
  readonly mask: Estimate;
  readonly depth: Estimate;
  /** Mean total time of a run. */
  readonly seconds: number;
  /** Whether another arm is surely better in one task, surely worse in neither, and not slower. */
  readonly beaten: boolean;
}

/** Input of {@link paretoFigure}. */
export interface ParetoFigure {
  readonly title: string;
  readonly subtitle?: string;
  /** Numbered from 1 in this order. */
  readonly arms: readonly ParetoArm[];
  /** Labels with their unit. */
  readonly metrics: { readonly mask: MetricInfo; readonly depth: MetricInfo };
}

const margin = 16;
const size = { width: 480, height: 400 };
const lineHeight = 16;

/** Colours of time, from fast (light) to slow (dark). */
function timeColours(seconds: readonly number[]) {
  const [low, high] = [Math.min(...seconds), Math.max(...seconds)];
  const scale = Plot.scale({
    color: { type: 'linear', scheme: 'YlGnBu', domain: [0, 1], range: [0.12, 0.95] },
  });
  const share = (value: number) => (high > low ? (value - low) / (high - low) : 0.4);
  return {
    fill: (value: number) => String(scale?.apply(share(value))),
    ink: (value: number) => (share(value) > 0.5 ? '#fff' : inks.text),
  };
}

/**
 * Arms as numbered dots, RMSE across and mIoU up, each with the 95 % intervals of both as a cross, coloured by the time of a
 * run. Faded: another arm is surely better in one task, surely worse in neither, and takes no longer. The best corner is
 * the upper left.
 *
 * @returns an SVG; `renderPng` makes a PNG of it
 */
export function paretoFigure({ arms, metrics, ...heading }: ParetoFigure): string {
  const { fill, ink } = timeColours(arms.map((arm) => arm.seconds));
  // Those that are not beaten lie on top.
  const points = arms
    .map((arm, i) => ({ ...arm, number: i + 1, opacity: arm.beaten ? 0.35 : 1 }))
    .sort((a, b) => a.opacity - b.opacity || b.number - a.number);
  const across = (point: (typeof points)[number]) => point.depth.mean;
  const up = (point: (typeof points)[number]) => point.mask.mean;
  const chart = drawChart({
    ...size,
    marginTop: 26,
    marginLeft: 50,
    marginRight: 14,
    marginBottom: 38,
    x: {
      label: `${metrics.depth.label}, ${metrics.depth.direction} is better`,
      labelArrow: 'none',
      labelAnchor: 'center',
      ticks: 6,
      nice: true,
      inset: 10,
    },
    y: {
      label: `${metrics.mask.label}, ${metrics.mask.direction} is better`,
      labelArrow: 'none',
      ticks: 6,
      nice: true,
      inset: 10,
    },
    marks: [
      Plot.gridX({ stroke: inks.faint, strokeOpacity: 1, ticks: 6 }),
      Plot.gridY({ stroke: inks.faint, strokeOpacity: 1, ticks: 6 }),
      Plot.ruleY(points, {
        y: up,
        x1: (point) => point.depth.low,
        x2: (point) => point.depth.high,
        stroke: inks.muted,
        strokeOpacity: (point) => 0.55 * point.opacity,
      }),
      Plot.ruleX(points, {
        x: across,
        y1: (point) => point.mask.low,
        y2: (point) => point.mask.high,
        stroke: inks.muted,
        strokeOpacity: (point) => 0.55 * point.opacity,
      }),
      points.map((point) => [
        Plot.dot([point], {
          x: across,
          y: up,
          r: 8,
          fill: fill(point.seconds),
          stroke: inks.text,
          strokeWidth: 0.8,
          opacity: point.opacity,
        }),
        Plot.text([point], {
          x: across,
          y: up,
          text: 'number',
          fill: ink(point.seconds),
          fontSize: 9,
          fontWeight: 600,
          opacity: point.beaten ? 0.6 : 1,
        }),
      ]),
    ],
  });
  const labelWidth = Math.min(260, Math.max(...arms.map(({ label }) => textWidth(label, 10.5))) + 4);
  const left = margin + size.width + 10;
  const key = arms.map(({ label, seconds, beaten }, i): Placed => {
    const [text] = wrapText(label, labelWidth, 10.5, 1);
    const ground = beaten ? 0.35 : 1;
    return {
      x: left,
      y: 30 + i * lineHeight,
      svg:
        `<circle cx="8" cy="-4" r="7" fill="${fill(seconds)}" stroke="${inks.text}" stroke-width="0.8" opacity="${ground}"/>` +
        svgText(8, -0.5, String(i + 1), { size: 8.5, bold: true, anchor: 'middle', fill: ink(seconds) }) +
        svgText(22, 0, text, { size: 10.5, fill: beaten ? inks.muted : inks.text }) +
        svgText(26 + labelWidth + 44, 0, `${seconds.toFixed(seconds < 100 ? 1 : 0)} s`, {
          size: 10.5,
          fill: inks.muted,
          anchor: 'end',
        }),
    };
  });
  const height = Math.max(size.height, 44 + arms.length * lineHeight);
  const foot =
    'cross: 95 % intervals · colour: time of a run, darker is slower · faded: surely beaten and not faster';
  return drawPage(Math.ceil(left + labelWidth + 76 + margin), height + 18, heading, [
    { x: margin, y: 0, svg: chart.svg },
    { x: left, y: 14, svg: svgText(0, 0, 'arm, and total time of a run', { size: 9.5, fill: inks.muted }) },
    ...key.map((part) => ({ ...part, y: part.y + 4 })),
    { x: margin, y: height + 14, svg: svgText(0, 0, foot, { size: 9.5, fill: inks.muted }) },
  ]);
}
