/** Lines of text on a canvas. Those of later pictures are mostly those of earlier ones: a rendered line is kept. */
import type { Pixels } from './render.js';
import { renderPixels, svgDocument, svgText, type TextOptions, textWidth } from './render.js';

/** One line of text; `(x, baseline)` in units of length, as in {@link svgText}. */
export interface TextLine extends TextOptions {
  readonly x: number;
  readonly baseline: number;
  readonly text: string;
}

/** A line in its box on the canvas; `(x, baseline)` is counted from the upper left corner of the box. */
interface Box {
  readonly line: TextLine;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Tells apart lines that look different. */
  readonly key: string;
}

function boxOf({ x, baseline, ...line }: TextLine, ratio: number): Box {
  const { text, size = 11, anchor = 'start' } = line;
  // Bold capitals are wider than the mean character.
  const width = Math.ceil(1.4 * textWidth(text, size)) + 2;
  const left = Math.floor({ start: x, middle: x - width / 2, end: x - width + 1 }[anchor]);
  const top = Math.floor(baseline - size);
  const inside = { ...line, x: x - left, baseline: baseline - top };
  return {
    line: inside,
    left,
    top,
    width,
    height: Math.ceil(1.4 * size),
    key: JSON.stringify([ratio, inside]),
  };
}

/** Rendered lines by their keys. */
const kept = new Map<string, Pixels>();
/** More lines than a figure of many arms has, and a few megabytes at most. */
const mostKept = 1000;

/**
 * Renders lines in one small picture, since each call of the renderer loads the fonts anew: boxes beside and below each other, in a
 * picture about as wide as the longest.
 */
function render(boxes: readonly Box[], ratio: number): void {
  if (boxes.length === 0) return;
  const full = Math.max(400, ...boxes.map(({ width }) => width));
  let [x, y, row, right] = [0, 0, 0, 0];
  const placed = [...boxes]
    .sort((a, b) => b.height - a.height)
    .map((box) => {
      if (x + box.width > full) [x, y, row] = [0, y + row, 0];
      const at = { x, y };
      [x, row] = [x + box.width, Math.max(row, box.height)];
      right = Math.max(right, x);
      return { box, at };
    });
  const texts = placed.map(({ box: { line }, at }) =>
    svgText(line.x + at.x, line.baseline + at.y, line.text, line),
  );
  const picture = renderPixels(svgDocument(right, y + row, texts.join('')), ratio);
  for (const { box, at } of placed) kept.set(box.key, cut(picture, box, at, ratio));
}

/** Copies a part of a picture. */
function cut(picture: Pixels, { width, height }: Box, at: { x: number; y: number }, ratio: number): Pixels {
  const [left, top] = [Math.round(at.x * ratio), Math.round(at.y * ratio)];
  const columns = Math.min(Math.round(width * ratio), picture.width - left);
  const rows = Math.min(Math.round(height * ratio), picture.height - top);
  const pixels = new Uint8Array(columns * rows * 3);
  let to = 0;
  for (let y = 0; y < rows; y++) {
    let from = ((top + y) * picture.width + left) * picture.channels;
    for (let x = 0; x < columns; x++, from += picture.channels)
      for (let channel = 0; channel < 3; channel++) pixels[to++] = picture.pixels[from + channel];
  }
  return { pixels, width: columns, height: rows, channels: 3 };
}

/** Writes lines of text on a white canvas, `ratio` of its pixels for each unit of length; what lies beyond it is cut off. */
export function writeLines(canvas: Pixels, lines: readonly TextLine[], ratio: number): void {
  if (kept.size > mostKept) kept.clear();
  const boxes = lines.map((line) => boxOf(line, ratio));
  const missing = new Map(boxes.filter(({ key }) => !kept.has(key)).map((box) => [box.key, box]));
  render([...missing.values()], ratio);
  for (const { key, left, top } of boxes)
    darken(canvas, kept.get(key)!, Math.round(left * ratio), Math.round(top * ratio));
}

/** Copies a picture to `(left, top)`; of two pixels the darker one stays, so that pictures may overlap. */
function darken(canvas: Pixels, picture: Pixels, left: number, top: number): void {
  const columns = Math.min(picture.width, canvas.width - left);
  const rows = Math.min(picture.height, canvas.height - top);
  for (let y = Math.max(0, -top); y < rows; y++)
    for (let x = Math.max(0, -left); x < columns; x++) {
      const from = (y * picture.width + x) * 3;
      const to = ((top + y) * canvas.width + left + x) * 3;
      for (let channel = 0; channel < 3; channel++)
        canvas.pixels[to + channel] = Math.min(canvas.pixels[to + channel], picture.pixels[from + channel]);
    }
}
