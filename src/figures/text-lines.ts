/** Lines of text on a canvas. All of them are rendered as one small picture: each call of the renderer loads the fonts anew. */
import type { Pixels } from './render.js';
import { renderPixels, svgDocument, svgText, type TextOptions, textWidth } from './render.js';

/** One line of text; `(x, baseline)` in units of length, as in {@link svgText}. */
export interface TextLine extends TextOptions {
  readonly x: number;
  readonly baseline: number;
  readonly text: string;
}

/** A line with its box: where it is wanted, and where it stands in the picture of all lines. */
interface PlacedLine {
  readonly line: TextLine;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly at: { readonly x: number; readonly y: number };
}

/** Boxes beside and below each other, in a picture about as wide as its longest line. */
function placeLines(lines: readonly TextLine[]): PlacedLine[] {
  const boxes = lines.map((line) => {
    const { x, baseline, text, size = 11, anchor = 'start' } = line;
    // Bold capitals are wider than the mean character.
    const width = Math.ceil(1.4 * textWidth(text, size)) + 2;
    const left = Math.floor({ start: x, middle: x - width / 2, end: x - width + 1 }[anchor]);
    return { line, left, top: Math.floor(baseline - size), width, height: Math.ceil(1.4 * size) };
  });
  const full = Math.max(400, ...boxes.map(({ width }) => width));
  let [x, y, row] = [0, 0, 0];
  return boxes
    .sort((a, b) => b.height - a.height)
    .map((box) => {
      if (x + box.width > full) [x, y, row] = [0, y + row, 0];
      const at = { x, y };
      [x, row] = [x + box.width, Math.max(row, box.height)];
      return { ...box, at };
    });
}

/** Writes lines of text on a white canvas, `ratio` of its pixels for each unit of length; what lies beyond it is cut off. */
export function writeLines(canvas: Pixels, lines: readonly TextLine[], ratio: number): void {
  if (lines.length === 0) return;
  const placed = placeLines(lines);
  const body = placed.map(({ line, left, top, at }) =>
    svgText(line.x - left + at.x, line.baseline - top + at.y, line.text, line),
  );
  const width = Math.max(...placed.map((box) => box.at.x + box.width));
  const height = Math.max(...placed.map((box) => box.at.y + box.height));
  const picture = renderPixels(svgDocument(width, height, body.join('')), ratio);
  for (const box of placed) darken(canvas, picture, box, ratio);
}

/** Copies a box; of two pixels the darker one stays, so that boxes may overlap. */
function darken(
  canvas: Pixels,
  picture: Pixels,
  { left, top, width, height, at }: PlacedLine,
  ratio: number,
): void {
  const pixel = (length: number) => Math.round(length * ratio);
  const [skipX, skipY] = [Math.max(0, -pixel(left)), Math.max(0, -pixel(top))];
  const columns = Math.min(pixel(width), canvas.width - pixel(left));
  const rows = Math.min(pixel(height), canvas.height - pixel(top));
  for (let y = skipY; y < rows; y++)
    for (let x = skipX; x < columns; x++) {
      const from = ((pixel(at.y) + y) * picture.width + pixel(at.x) + x) * picture.channels;
      const to = ((pixel(top) + y) * canvas.width + pixel(left) + x) * canvas.channels;
      for (let channel = 0; channel < 3; channel++)
        canvas.pixels[to + channel] = Math.min(canvas.pixels[to + channel], picture.pixels[from + channel]);
    }
}
