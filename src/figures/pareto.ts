/** Mask quality against depth error, with the time each arm took: which arms leave nothing on the table. */
import * as Plot from '@observablehq/plot';
import type { MetricInfo } from '../metrics/info.js';
import type { Estimate } from '../study/results.js';
import { inks } from './colours.js';
import { drawChart, drawPage, type Placed, type Point, spreadMarks } from './plot.js';
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
const size = { width: 480, height: { least: 400, most: 620 } };
const lineHeight = 16;
const radius = 8;

/** Colours of time, from fast (light) to slow (dark). */
function timeColours(seconds: readonly number[]) {
  const [low, high] = [Math.min(...seconds), Math.max(...seconds)];
  const scale = Plot.scale({
    color: { type: 'linear', scheme: 'YlGnBu', domain: [0, 1], range: [0.12, 0.95] },
  });
  const share = (value: number) => (high > low ? (value - low) / (high - low) : 0.4);
  return {
    fill: (value: number) => String(scale?.apply(share(value))),
    /** Of a number on it, which shows on a faded one too. */
    ink: (value: number, beaten: boolean) => (share(value) > 0.5 && !beaten ? '#fff' : inks.text),
  };
}

interface DotStyle {
  readonly text: string;
  readonly fill: string;
  readonly ink: string;
  readonly opacity: number;
}

/**
 * A numbered disc. Where others pushed it away, a line ties it to a small dot at its place; lines lie below all discs, small dots above.
 */
function svgDot(place: Point, disc: Point, { text, fill, ink, opacity }: DotStyle) {
  const outline = `stroke="${inks.text}" stroke-width="0.8" opacity="${opacity}"`;
  const circle = ({ x, y }: Point, r: number) =>
    `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${r}" fill="${fill}" ${outline}/>`;
  const ends = [place, disc].map(({ x, y }) => `${x.toFixed(2)},${y.toFixed(2)}`);
  const pushed = Math.hypot(place.x - disc.x, place.y - disc.y) > 1;
  const number = svgText(disc.x, disc.y + 3.2, text, { size: 9, bold: true, anchor: 'middle', fill: ink });
  return {
    below: pushed ? `<path d="M${ends.join('L')}" ${outline}/>` : '',
    disc: `${circle(disc, radius)}<g opacity="${opacity < 1 ? 0.6 : 1}">${number}</g>`,
    above: pushed ? circle(place, 2.5) : '',
  };
}

/**
 * Arms as numbered dots, RMSE across and mIoU up, each with the 95 % intervals of both as a cross, coloured by the time of a
 * run. Dots that would hide each other are moved apart. Faded: another arm is surely better in one task, surely worse in neither,
 * and takes no longer. The best corner is the upper left.
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
  const keyHeight = 44 + arms.length * lineHeight;
  const chart = drawChart({
    width: size.width,
    height: Math.min(Math.max(size.height.least, keyHeight), size.height.most),
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
    ],
  });
  const places = points.map((point) => ({ x: chart.x(across(point)), y: chart.y(up(point)) }));
  const discs = spreadMarks(places, 2 * radius + 1, radius + 4);
  const dots = points.map(({ number, seconds, beaten, opacity }, i) => {
    const style = { text: String(number), fill: fill(seconds), ink: ink(seconds, beaten), opacity };
    return svgDot(places[i], discs[i], style);
  });
  const layers = (['below', 'disc', 'above'] as const).flatMap((layer) => dots.map((dot) => dot[layer]));
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
        svgText(8, -0.5, String(i + 1), {
          size: 8.5,
          bold: true,
          anchor: 'middle',
          fill: ink(seconds, beaten),
        }) +
        svgText(22, 0, text, { size: 10.5, fill: beaten ? inks.muted : inks.text }) +
        svgText(26 + labelWidth + 44, 0, `${seconds.toFixed(seconds < 100 ? 1 : 0)} s`, {
          size: 10.5,
          fill: inks.muted,
          anchor: 'end',
        }),
    };
  });
  const height = Math.max(chart.height, keyHeight);
  const foot = [
    'cross: 95 % intervals',
    'colour: time of a run, darker is slower',
    'faded: surely beaten and not faster',
    ...(dots.some(({ above }) => above) ? ['small dot: where a disc moved aside belongs'] : []),
  ].join(' · ');
  const width = Math.max(left + labelWidth + 76, margin + textWidth(foot, 9.5)) + margin;
  return drawPage(Math.ceil(width), height + 18, heading, [
    { x: margin, y: 0, svg: chart.svg + layers.join('') },
    { x: left, y: 14, svg: svgText(0, 0, 'arm, and total time of a run', { size: 9.5, fill: inks.muted }) },
    ...key.map((part) => ({ ...part, y: part.y + 4 })),
    { x: margin, y: height + 14, svg: svgText(0, 0, foot, { size: 9.5, fill: inks.muted }) },
  ]);
}
