/** Observable Plot without a browser: one chart as SVG text, and several of them on one titled page. */
import * as Plot from '@observablehq/plot';
// linkedom in one file, which loads in a third of the time that its two hundred take.
import { parseHTML } from 'linkedom/worker';
import { inks } from './colours.js';
import { fontFamily, svgDocument, svgText, wrapText } from './render.js';

/** A chart as SVG text with its size, and its scales for drawing beside it. */
export interface Chart {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  /** Positions, in the chart's units, of values of its scales. */
  x(value: number | string): number;
  y(value: number | string): number;
}

/** Draws one chart; `options` are Observable Plot's. */
export function drawChart(options: Plot.PlotOptions & { width: number; height: number }): Chart {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    ...options,
    document,
    className: 'plot',
    style: { fontFamily: `${fontFamily}, system-ui, sans-serif`, fontSize: '10px', color: inks.text },
  });
  // The embedded style sheet addresses browsers; a page of several charts would carry it several times.
  plot.querySelector('style')?.remove();
  // As that style sheet has it. What clips a chart costs a renderer a layer of the whole page.
  plot.setAttribute('overflow', 'visible');
  const position = (axis: 'x' | 'y') => {
    const scale = plot.scale(axis);
    return (value: number | string) => Number(scale?.apply(value)) + (scale?.bandwidth ?? 0) / 2;
  };
  return {
    ...{ svg: plot.outerHTML, width: options.width, height: options.height },
    ...{ x: position('x'), y: position('y') },
  };
}

/** Something placed on a page: a chart, or elements with the size of one. */
export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly svg: string;
}

/** A page: title, subtitle and charts placed below them, `y` counted from under the heading. */
export function drawPage(
  width: number,
  height: number,
  heading: { title: string; subtitle?: string },
  parts: readonly Placed[],
): string {
  const margin = 16;
  const body: string[] = [];
  let y = margin;
  for (const line of wrapText(heading.title, width - 2 * margin, 15))
    body.push(svgText(margin, (y += 15), line, { size: 15, bold: true }));
  if (heading.subtitle) y += 3;
  for (const line of wrapText(heading.subtitle ?? '', width - 2 * margin, 11))
    body.push(svgText(margin, (y += 14), line, { fill: inks.muted }));
  y += 16;
  for (const part of parts) body.push(`<g transform="translate(${part.x},${part.y + y})">${part.svg}</g>`);
  return svgDocument(width, height + y + margin, body.join(''));
}

/** Pushes sorted label positions apart until neighbours are `gap` apart, inside `[low, high]` where they fit. */
export function spreadLabels(positions: readonly number[], gap: number, low: number, high: number): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => positions[a] - positions[b]);
  const placed = [...positions];
  let floor = low;
  for (const index of order) {
    placed[index] = Math.max(placed[index], floor);
    floor = placed[index] + gap;
  }
  let ceiling = high;
  for (const index of order.reverse()) {
    placed[index] = Math.min(placed[index], ceiling);
    ceiling = placed[index] - gap;
  }
  return placed;
}

/** A position on a page. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Where to put marks of points so that no two are closer than `gap`. A point that has room keeps its mark. Those of a crowd go, one after
 * the other, to the nearest place at least `clearance` away from every point; of places as near, to the one that leads out of the crowd.
 */
export function spreadMarks(points: readonly Point[], gap: number, clearance: number): Point[] {
  const crowdOf = (point: Point) =>
    points.filter((other) => other !== point && distanceOf(point, other) < gap);
  const crowds = points.map(crowdOf);
  const placed = points.filter((_, i) => crowds[i].length === 0);
  const isFree = (mark: Point) =>
    !placed.some((other) => distanceOf(mark, other) < gap) &&
    !points.some((point) => distanceOf(mark, point) < clearance);
  return points.map((point, i) => {
    if (crowds[i].length === 0) return point;
    const mark = nearestFree(point, outOf(crowds[i], point), clearance, isFree);
    placed.push(mark);
    return mark;
  });
}

/** The angle at which a point lies as seen from the middle of a crowd. */
function outOf(crowd: readonly Point[], point: Point): number {
  const middle = (of: (point: Point) => number) =>
    crowd.reduce((sum, other) => sum + of(other), 0) / crowd.length;
  return Math.atan2(point.y - middle(({ y }) => y), point.x - middle(({ x }) => x));
}

/** The free place nearest to a point, looked for on circles from `least` on; on each from `angle` to both sides. */
function nearestFree(
  { x, y }: Point,
  angle: number,
  least: number,
  isFree: (place: Point) => boolean,
): Point {
  const steps = 48;
  for (let radius = least; ; radius += 1)
    for (let step = 0; step < steps; step++) {
      const side = step % 2 === 0 ? 1 : -1;
      const turn = angle + (side * Math.ceil(step / 2) * 2 * Math.PI) / steps;
      const place = { x: x + radius * Math.cos(turn), y: y + radius * Math.sin(turn) };
      if (isFree(place)) return place;
    }
}

const distanceOf = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** A domain around values that are all equal, which have no scale of their own; undefined otherwise. */
export function domainOfOne(values: readonly number[]): [number, number] | undefined {
  const [first] = values;
  if (first === undefined || values.some((value) => value !== first)) return undefined;
  const half = Math.abs(first) / 10 || 1;
  return [first - half, first + half];
}
