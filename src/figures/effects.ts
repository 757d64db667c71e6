/** The effects of a factorial study in one metric: a heat map of the cells, and the main effects along its sides. */
import * as Plot from '@observablehq/plot';
import type { MetricInfo } from '../metrics/info.js';
import type { Estimate, FactorialEffects } from '../study/results.js';
import { armColours, inks } from './colours.js';
import { drawPage } from './plot.js';
import { svgText, textWidth, wrapText } from './render.js';

/** Input of {@link effectsFigure}. */
export interface EffectsFigure {
  readonly title: string;
  readonly subtitle?: string;
  readonly effects: FactorialEffects;
  /** Label with its unit. */
  readonly metric: MetricInfo;
}

const margin = 16;
const cell = { width: 96, height: 44 };
const side = 170;
const foot = 130;
const head = 34;

const signed = (value: number, digits: number) =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

const excludesZero = ({ low, high }: Estimate) => low > 0 || high < 0;

/** From worse than its losses promise (orange) to better (purple), over ±`reach`. */
function colourScale(direction: MetricInfo['direction'], reach: number): (value: number) => string {
  const scale = Plot.scale({
    color: { type: 'diverging', scheme: 'PuOr', domain: [-reach, reach], reverse: direction === 'higher' },
  });
  return (value) => String(scale?.apply(value));
}

const line = (x1: number, y1: number, x2: number, y2: number, style: string) =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${style}/>`;

/** The largest end of any interval, for a scale around 0. */
const reachOf = (estimates: readonly Estimate[]) =>
  Math.max(...estimates.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)])) || 1;

/** A dot with its interval, drawn along one axis from `at(low)` to `at(high)`. */
function dotAndInterval(effect: Estimate, at: (value: number) => number, place: number, upright: boolean) {
  const [low, middle, high] = [effect.low, effect.mean, effect.high].map(at);
  const colour = excludesZero(effect) ? armColours[0] : inks.muted;
  const stroke = `stroke="${colour}" stroke-width="2"`;
  const bar = upright ? line(place, low, place, high, stroke) : line(low, place, high, place, stroke);
  const [cx, cy] = upright ? [place, middle] : [middle, place];
  return `${bar}<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"/>`;
}

/**
 * Heat map of a factorial, segmentation losses as rows: each cell has its mean, and below it by how much it differs from
 * what its two losses do on average. It is coloured by that difference, and outlined where its interval excludes 0. The
 * main effects stand beside and below as dots with their intervals, blue where they exclude 0.
 *
 * @returns an SVG; `renderPng` makes a PNG of it
 */
export function effectsFigure({ effects, metric, ...heading }: EffectsFigure): string {
  const { segmentation, depth, interaction, segmentationEffects, depthEffects, mean } = effects;
  const { digits } = metric;
  const labels = Math.min(190, Math.max(...segmentation.map((name) => textWidth(name, 11))) + 8);
  const [width, height] = [depth.length * cell.width, segmentation.length * cell.height];
  // Coloured on the scale of the main effects too, so that an interaction that hardly matters looks pale.
  const reach =
    Math.max(
      ...[...interaction.flat(), ...segmentationEffects, ...depthEffects].map((value) =>
        Math.abs(value.mean),
      ),
    ) || 1;
  const colour = colourScale(metric.direction, reach * 1.5);
  const effectReach = reachOf([...segmentationEffects, ...depthEffects]);
  const small = { size: 9.5, fill: inks.muted };

  const cells = segmentation.flatMap((_, row) =>
    depth.map((__, column) => {
      const beyond = interaction[row][column];
      const value = mean.mean + segmentationEffects[row].mean + depthEffects[column].mean + beyond.mean;
      const [x, y] = [column * cell.width, row * cell.height];
      const outline = excludesZero(beyond)
        ? `<rect x="${x + 2}" y="${y + 2}" width="${cell.width - 5}" height="${cell.height - 5}" fill="none" stroke="${inks.text}" stroke-width="1.6"/>`
        : '';
      return (
        `<rect x="${x}" y="${y}" width="${cell.width - 1}" height="${cell.height - 1}" fill="${colour(beyond.mean)}"/>` +
        outline +
        svgText(x + cell.width / 2, y + 19, value.toFixed(digits), {
          size: 12,
          anchor: 'middle',
          bold: true,
        }) +
        svgText(x + cell.width / 2, y + 34, signed(beyond.mean, digits), { size: 9.5, anchor: 'middle' })
      );
    }),
  );
  const rowLabels = segmentation.map((name, row) =>
    svgText(-8, (row + 0.5) * cell.height + 4, wrapText(name, labels, 11, 1)[0], { anchor: 'end' }),
  );
  const columnLabels = depth.map((name, column) =>
    svgText((column + 0.5) * cell.width, -9, wrapText(name, cell.width - 4, 11, 1)[0], { anchor: 'middle' }),
  );

  const rightAt = (value: number) => width + 24 + (side - 80) * (0.5 + value / (2 * effectReach));
  const rows = segmentationEffects.map((effect, row) => {
    const y = (row + 0.5) * cell.height;
    return (
      dotAndInterval(effect, rightAt, y, false) +
      svgText(width + side - 46, y + 4, signed(effect.mean, digits), small)
    );
  });
  const belowAt = (value: number) => height + 18 + (foot - 50) * (0.5 - value / (2 * effectReach));
  const columns = depthEffects.map((effect, column) => {
    const x = (column + 0.5) * cell.width;
    return (
      dotAndInterval(effect, belowAt, x, true) +
      svgText(x, height + foot - 18, signed(effect.mean, digits), { ...small, anchor: 'middle' })
    );
  });
  const zero = `stroke="${inks.muted}" stroke-dasharray="3,3"`;
  const [better, worse] = metric.direction === 'higher' ? [reach, -reach] : [-reach, reach];
  const swatch = (x: number, value: number) =>
    `<rect x="${x}" y="${height + foot - 1}" width="12" height="9" fill="${colour(value)}"/>`;
  const key = [
    swatch(-labels, better),
    svgText(-labels + 17, height + foot + 7, 'better together than each on average', small),
    swatch(-labels + 205, worse),
    svgText(-labels + 222, height + foot + 7, 'worse · outlined: interval excludes 0', small),
    svgText(
      -labels,
      height + foot + 22,
      'cell: mean, and below it the interaction · dots: effect of a loss with its 95 % interval',
      small,
    ),
  ];
  const body = [
    ...cells,
    ...rowLabels,
    ...columnLabels,
    line(rightAt(0), -4, rightAt(0), height, zero),
    line(-4, belowAt(0), width, belowAt(0), zero),
    ...rows,
    ...columns,
    svgText(rightAt(0), -9, 'segmentation effect', { ...small, anchor: 'middle' }),
    svgText(-8, belowAt(0) + 3, 'depth effect', { ...small, anchor: 'end' }),
    ...key,
  ];
  const total = Math.max(labels + width + side, 480);
  return drawPage(2 * margin + total, head + height + foot + 28, heading, [
    { x: margin + labels, y: head, svg: body.join('') },
  ]);
}
