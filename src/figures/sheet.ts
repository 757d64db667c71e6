/** A sheet: a titled, labelled matrix of panels with a depth bar beside the rows that need one, as a PNG. */
import { createCanvas, paste } from './canvas.js';
import { depthColour, inks, invalidGreys } from './colours.js';
import type { DepthScale, Panel } from './panels.js';
import { encodePng, pixelRatio, renderPixels, svgDocument, svgText, wrapText } from './render.js';

/** One panel and the small text under it. */
export interface SheetCell {
  readonly panel: Panel;
  readonly caption?: string;
}

/** One row of a sheet; `scale` draws a depth bar at its right end. */
export interface SheetRow {
  readonly cells: readonly (SheetCell | undefined)[];
  readonly scale?: DepthScale;
}

/** Everything on a sheet. */
export interface Sheet {
  readonly title: string;
  readonly subtitle?: string;
  /** Headings; `group: true` sets a column off from the one before it. */
  readonly columns: readonly {
    readonly heading: string;
    readonly detail?: string;
    readonly group?: boolean;
  }[];
  readonly rows: readonly SheetRow[];
  /** Size of every panel before magnification. */
  readonly height: number;
  readonly width: number;
  /** Least device pixels of a panel's shorter side; panels are magnified by a whole number. */
  readonly panelPixels: number;
  /** Device pixels for each unit of length; {@link pixelRatio} unless given. */
  readonly ratio?: number;
  /** Metres (or other unit) at a normalised depth of 1, for the depth bar. */
  readonly maxDepth: number;
  readonly depthUnit: string;
  /** Adds the key of the grey stripes. */
  readonly explainInvalid?: boolean;
}

const margin = 16;
const gap = 6;
const barWidth = 9;
const captionHeight = 20;

/** Writes a normalised depth in the unit of the data: `2.4 m`, or `0.31` where depth is relative. */
export function depthText(depth: number, maxDepth: number, unit: string, digits = 1): string {
  return unit ? `${(depth * maxDepth).toFixed(digits)} ${unit}` : depth.toFixed(2);
}

function depthBar(sheet: Sheet, scale: DepthScale, x: number, y: number, height: number): string {
  const at = (share: number) => scale.low + share * (scale.high - scale.low);
  const digits = (scale.high - scale.low) * sheet.maxDepth < 1 ? 2 : 1;
  const labels = [0, 0.5, 1].map((share) =>
    svgText(
      x + barWidth + 4,
      y + (1 - share) * (height - 8) + 8,
      depthText(at(share), sheet.maxDepth, sheet.depthUnit, digits),
      { size: 9, fill: inks.muted },
    ),
  );
  return `<rect x="${x}" y="${y}" width="${barWidth}" height="${height}" fill="url(#depth)"/>${labels.join('')}`;
}

function definitions(): string {
  const stops = Array.from({ length: 18 }, (_, i) => i * 15).map(
    (entry) => `<stop offset="${1 - entry / 255}" stop-color="${depthColour(entry)}"/>`,
  );
  const [dark, light] = invalidGreys.map((grey) => `rgb(${grey},${grey},${grey})`);
  return (
    `<defs><linearGradient id="depth" x1="0" y1="0" x2="0" y2="1">${stops.reverse().join('')}</linearGradient>` +
    '<pattern id="invalid" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
    `<rect width="4" height="4" fill="${light}"/><rect width="2" height="4" fill="${dark}"/></pattern></defs>`
  );
}

function invalidKey(x: number, y: number): string {
  return (
    `<rect x="${x}" y="${y}" width="18" height="9" fill="url(#invalid)"/>` +
    svgText(x + 24, y + 8, 'no truth here: not counted', { size: 9, fill: inks.muted })
  );
}

/** A rectangle of the sheet with text in it. Only these are rendered as SVG, which costs time by the pixel. */
interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly elements: readonly string[];
}

/**
 * Draws a sheet. Panels are magnified with nearest neighbour, so every pixel of the network is seen as it is.
 *
 * @returns a PNG
 */
export async function drawSheet(sheet: Sheet): Promise<Buffer> {
  const { ratio = pixelRatio } = sheet;
  const zoom = Math.max(1, Math.ceil(sheet.panelPixels / Math.min(sheet.height, sheet.width)));
  const panelWidth = (sheet.width * zoom) / ratio;
  const panelHeight = (sheet.height * zoom) / ratio;

  const lefts: number[] = [];
  let right = margin;
  for (const [index, column] of sheet.columns.entries()) {
    if (index > 0) right += column.group ? gap * 3 : gap;
    lefts.push(right);
    right += panelWidth;
  }
  const hasBar = sheet.rows.some((row) => row.scale);
  const width = Math.ceil(right + (hasBar ? gap + barWidth + 44 : margin));

  const titleLines = wrapText(sheet.title, width - 2 * margin, 15);
  const subtitleLines = sheet.subtitle ? wrapText(sheet.subtitle, width - 2 * margin, 11) : [];
  const headings = sheet.columns.map(({ heading, detail }) => [
    ...wrapText(heading, panelWidth, 10.5, 3).map((text) => ({
      text,
      size: 10.5,
      bold: true,
      fill: inks.text,
    })),
    ...wrapText(detail ?? '', panelWidth, 9.5, 3).map((text) => ({ text, size: 9.5, fill: inks.muted })),
  ]);
  const headingLines = Math.max(...headings.map((lines) => lines.length));
  const header: string[] = [];
  let y = margin;
  for (const line of titleLines) header.push(svgText(margin, (y += 15), line, { size: 15, bold: true }));
  if (subtitleLines.length > 0) y += 3;
  for (const line of subtitleLines) header.push(svgText(margin, (y += 14), line, { fill: inks.muted }));
  y += 11;
  for (const [column, lines] of headings.entries()) {
    for (const [index, { text, ...style }] of lines.entries()) {
      const baseline = y + (headingLines - lines.length + index + 1) * 12;
      header.push(svgText(lefts[column] + panelWidth / 2, baseline, text, { ...style, anchor: 'middle' }));
    }
  }
  y += headingLines * 12 + 7;
  const regions: Region[] = [{ x: 0, y: 0, width, height: y, elements: header }];

  const placed: { panel: Panel; left: number; top: number }[] = [];
  for (const row of sheet.rows) {
    const captions: string[] = [];
    for (const [index, cell] of row.cells.entries()) {
      if (!cell) continue;
      placed.push({ panel: cell.panel, left: lefts[index], top: y });
      if (!cell.caption) continue;
      const caption = wrapText(cell.caption, panelWidth, 9.5, 1)[0];
      captions.push(
        svgText(lefts[index] + panelWidth / 2, y + panelHeight + 12, caption, {
          size: 9.5,
          anchor: 'middle',
        }),
      );
    }
    if (row.scale) {
      const x = right + gap;
      const elements = [definitions(), depthBar(sheet, row.scale, x, y, panelHeight)];
      // The digits of the lowest label reach a little below the bar.
      regions.push({ x, y, width: barWidth + 44, height: panelHeight + 2, elements });
    }
    if (captions.length > 0)
      regions.push({ x: 0, y: y + panelHeight, width: right, height: captionHeight, elements: captions });
    y += panelHeight + (captions.length > 0 ? captionHeight : gap);
  }
  if (sheet.explainInvalid) {
    y += 6;
    regions.push({ x: 0, y, width, height: 9 + margin, elements: [definitions(), invalidKey(margin, y)] });
  }
  const height = Math.ceil(y + (sheet.explainInvalid ? 9 + margin : margin - gap));

  const pixel = (length: number) => Math.round(length * ratio);
  const canvas = createCanvas(pixel(width), pixel(height));
  for (const { elements, ...at } of regions) {
    const svg = svgDocument(at.width, at.height, elements.join(''), at.x, at.y);
    paste(canvas, renderPixels(svg, ratio), pixel(at.x), pixel(at.y));
  }
  for (const { panel, left, top } of placed) {
    const picture = { pixels: panel.rgb, width: panel.width, height: panel.height, channels: 3 } as const;
    paste(canvas, picture, pixel(left), pixel(top), zoom);
  }
  return encodePng(canvas);
}
