/** A sheet: a titled, labelled matrix of panels with a depth bar beside the rows that need one, as a PNG. */
import { drawOnCanvas, paste } from './canvas.js';
import { inks } from './colours.js';
import { type DepthScale, depthPanel, type Panel, paint } from './panels.js';
import { pixelRatio, wrapText } from './render.js';
import { type TextLine, writeLines } from './text-lines.js';

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

/** The labels of a row's depth bar, beside it. */
function depthLabels(sheet: Sheet, scale: DepthScale, x: number, y: number, height: number): TextLine[] {
  const at = (share: number) => scale.low + share * (scale.high - scale.low);
  const digits = (scale.high - scale.low) * sheet.maxDepth < 1 ? 2 : 1;
  return [0, 0.5, 1].map((share) => ({
    x: x + barWidth + 4,
    baseline: y + (1 - share) * (height - 8) + 8,
    text: depthText(at(share), sheet.maxDepth, sheet.depthUnit, digits),
    size: 9,
    fill: inks.muted,
  }));
}

/** The depth colours from far at the top to near at the bottom. */
function depthBar(height: number, width: number): Panel {
  const shares = new Float32Array(height * width);
  for (let y = 0; y < height; y++) shares.fill(1 - (y + 0.5) / height, y * width, (y + 1) * width);
  return depthPanel(shares, height, width, { low: 0, high: 1 });
}

/** The stripes that mark pixels without truth. */
function stripes(height: number, width: number): Panel {
  return paint(height, width, new Uint8Array(height * width), () => {});
}

/** A picture on the sheet; each of its pixels covers `zoom` × `zoom`. */
interface PlacedPanel {
  readonly panel: Panel;
  readonly left: number;
  readonly top: number;
  readonly zoom: number;
}

/**
 * Draws a sheet. Panels are magnified with nearest neighbour, so every pixel of the network is seen as it is.
 *
 * @returns a PNG
 */
export function drawSheet(sheet: Sheet): Promise<Buffer> {
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
  const pixel = (length: number) => Math.round(length * ratio);
  const lines: TextLine[] = [];
  const panels: PlacedPanel[] = [];
  let y = margin;
  for (const text of titleLines) lines.push({ x: margin, baseline: (y += 15), text, size: 15, bold: true });
  if (subtitleLines.length > 0) y += 3;
  for (const text of subtitleLines) lines.push({ x: margin, baseline: (y += 14), text, fill: inks.muted });
  y += 11;
  for (const [column, heading] of headings.entries()) {
    for (const [index, line] of heading.entries()) {
      const baseline = y + (headingLines - heading.length + index + 1) * 12;
      lines.push({ ...line, x: lefts[column] + panelWidth / 2, baseline, anchor: 'middle' });
    }
  }
  y += headingLines * 12 + 7;

  for (const row of sheet.rows) {
    for (const [index, cell] of row.cells.entries()) {
      if (!cell) continue;
      panels.push({ panel: cell.panel, left: lefts[index], top: y, zoom });
      if (!cell.caption) continue;
      const text = wrapText(cell.caption, panelWidth, 9.5, 1)[0];
      const x = lefts[index] + panelWidth / 2;
      lines.push({ x, baseline: y + panelHeight + 12, text, size: 9.5, anchor: 'middle' });
    }
    if (row.scale) {
      const left = right + gap;
      panels.push({ panel: depthBar(pixel(panelHeight), pixel(barWidth)), left, top: y, zoom: 1 });
      lines.push(...depthLabels(sheet, row.scale, left, y, panelHeight));
    }
    y += panelHeight + (row.cells.some((cell) => cell?.caption) ? captionHeight : gap);
  }
  if (sheet.explainInvalid) {
    y += 6;
    // Magnified as they are in the panels, so that they look the same and survive a sheet shown smaller.
    const across = (length: number) => Math.max(1, Math.round(pixel(length) / zoom));
    panels.push({ panel: stripes(across(9), across(18)), left: margin, top: y, zoom });
    const text = 'no truth here: not counted';
    lines.push({ x: margin + 24, baseline: y + 8, text, size: 9, fill: inks.muted });
  }
  const height = Math.ceil(y + (sheet.explainInvalid ? 9 + margin : margin - gap));

  return drawOnCanvas(pixel(width), pixel(height), (canvas) => {
    writeLines(canvas, lines, ratio);
    for (const { panel, left, top, zoom } of panels) {
      const picture = { pixels: panel.rgb, width: panel.width, height: panel.height, channels: 3 } as const;
      paste(canvas, picture, pixel(left), pixel(top), zoom);
    }
  });
}
