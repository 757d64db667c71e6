/** The curve of a learning-rate range test with the rates it suggests. */
import * as Plot from '@observablehq/plot';
import { armColours, inks } from './colours.js';
import { drawChart, drawPage } from './plot.js';

/** Input of {@link rateCurve}. */
export interface RateCurve {
  readonly title: string;
  readonly subtitle?: string;
  readonly points: readonly { readonly rate: number; readonly loss: number }[];
  /** The smoothed loss of each point. */
  readonly smoothed: readonly number[];
  /** Rates to mark, each with its label. */
  readonly marked: readonly { readonly rate: number; readonly label: string }[];
  /** Where the loss left all bounds. */
  readonly divergedAt?: number;
}

const [width, height, margin] = [760, 360, 16];

/** Decades and their halves read as `1e-4`. */
const rateText = (rate: number) => rate.toExponential(0);

/**
 * Draws loss against learning rate on a logarithmic axis: light every step, dark the smoothed curve, and a labelled
 * line at each marked rate. The loss axis ends a little above the first loss, since a diverging loss has no scale.
 *
 * @returns an SVG; `renderPng` makes a PNG of it
 */
export function rateCurve(input: RateCurve): string {
  const { points, smoothed, marked, divergedAt } = input;
  const rows = points.map(({ rate, loss }, i) => ({ rate, loss, smoothed: smoothed[i] }));
  const bottom = Math.min(...rows.map(({ loss }) => loss), ...smoothed);
  const top = bottom + 1.25 * (Math.max(rows[0].loss, rows[0].smoothed) - bottom);
  const rates = rows.map(({ rate }) => rate);
  const last = Math.floor(Math.log10(rates.at(-1)! * 1.001));
  const first = Math.ceil(Math.log10(rates[0] / 1.001));
  const decades = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  const nearest = (rate: number) =>
    rows.reduce((a, b) => (Math.abs(Math.log(b.rate / rate)) < Math.abs(Math.log(a.rate / rate)) ? b : a));
  const marks = marked.map(({ rate, label }, i) => ({ rate, label, y: nearest(rate).smoothed, row: i }));
  const halo = { stroke: '#fff', strokeWidth: 4, fill: inks.text };
  const chart = drawChart({
    width: width - 2 * margin,
    height,
    marginTop: 26 + 14 * marked.length,
    marginLeft: 48,
    marginRight: 16,
    marginBottom: 38,
    x: {
      type: 'log',
      label: 'learning rate (log scale)',
      labelArrow: 'none',
      labelAnchor: 'center',
      ticks: decades,
      tickFormat: rateText,
    },
    y: {
      label: 'joint loss',
      labelArrow: 'none',
      domain: [bottom - 0.05 * (top - bottom), top],
      ticks: 6,
    },
    marks: [
      Plot.gridY({ stroke: inks.line, strokeOpacity: 1, ticks: 6 }),
      Plot.lineY(rows, {
        ...{ x: 'rate', y: 'loss', stroke: armColours[0], strokeOpacity: 0.4 },
        ...{ strokeWidth: 1, clip: true },
      }),
      Plot.lineY(rows, { x: 'rate', y: 'smoothed', stroke: armColours[0], strokeWidth: 2.5, clip: true }),
      Plot.ruleX(marks, { x: 'rate', stroke: inks.text, strokeDasharray: '4,3' }),
      Plot.dot(marks, { x: 'rate', y: 'y', fill: armColours[6], r: 5, stroke: '#fff' }),
      ...marks.map((mark) =>
        Plot.text([mark], {
          ...{ x: 'rate', text: 'label', frameAnchor: 'top', dy: -4 - 14 * mark.row },
          ...halo,
        }),
      ),
      divergedAt === undefined
        ? null
        : [
            Plot.ruleX([divergedAt], { stroke: inks.failure }),
            Plot.text([`diverges at ${divergedAt.toExponential(1)}`], {
              ...{ x: divergedAt, frameAnchor: 'bottom', textAnchor: 'end', dx: -6, dy: -8 },
              ...{ stroke: '#fff', strokeWidth: 4, fill: inks.failure },
            }),
          ],
    ],
  });
  return drawPage(width, height, input, [{ x: margin, y: 0, svg: chart.svg }]);
}
