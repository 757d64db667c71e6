/** From SVG to PNG with a font that travels with the package, so that a figure looks the same on every machine. */
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import sharp, { type Sharp } from 'sharp';

/** Font of every figure; a viewer of the SVG that lacks it falls back to its own sans-serif. */
export const fontFamily = 'IBM Plex Sans';

/** Device pixels for each SVG unit of a PNG: sharp text on a dense screen and in print. */
export const pixelRatio = 2;

/** Mean advance of a character, as a share of the font size; generous, since text that fits must fit. */
const advance = 0.55;

let fontFiles: string[] | undefined;

function findFonts(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return ['400Regular/IBMPlexSans_400Regular.ttf', '600SemiBold/IBMPlexSans_600SemiBold.ttf'].map((file) =>
    resolve(`@expo-google-fonts/ibm-plex-sans/${file}`),
  );
}

function resvg(svg: string, ratio: number): Resvg {
  fontFiles ??= findFonts();
  return new Resvg(svg, {
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: fontFamily, sansSerifFamily: fontFamily },
    fitTo: { mode: 'zoom', value: ratio },
  });
}

/**
 * PNG of an SVG text, {@link pixelRatio} device pixels for each of its units. Its texts become outlines of the figures' font here, and
 * those are drawn on a thread of their own.
 *
 * @example await writeFile('curves.png', await renderPng(runCurves({ … })))
 */
export function renderPng(svg: string): Promise<Buffer> {
  const outlined = Buffer.from(resvg(svg, 1).toString());
  return png(sharp(outlined, { density: 72 * pixelRatio, unlimited: true }));
}

/** Opaque pixels `[height, width, channels]`: RGB, or RGBA whose alpha says nothing. */
export interface Pixels {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

/** RGBA pixels of an SVG text, `ratio` for each of its units. */
export function renderPixels(svg: string, ratio: number): Pixels {
  const image = resvg(svg, ratio).render();
  return { pixels: image.pixels, width: image.width, height: image.height, channels: 4 };
}

/** PNG of opaque pixels, encoded on a thread of its own. */
export const encodePng = ({ pixels, width, height, channels }: Pixels): Promise<Buffer> =>
  png(sharp(pixels, { raw: { width, height, channels } }));

// Higher levels take up to four times as long and save a few per cent.
const png = (image: Sharp): Promise<Buffer> =>
  image.removeAlpha().png({ compressionLevel: 2, adaptiveFiltering: false }).toBuffer();

/** Text made safe for the inside of an SVG element or attribute. */
function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character]);
}

/** Options of {@link svgText}. */
export interface TextOptions {
  readonly size?: number;
  readonly fill?: string;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** A white outline, for text over lines. */
  readonly halo?: boolean;
}

/** One line of text as an SVG element, its baseline at `y`. */
export function svgText(x: number, y: number, text: string, options: TextOptions = {}): string {
  const { size = 11, fill = '#1f2328', bold = false, anchor = 'start', halo = false } = options;
  const style =
    (bold ? ' font-weight="600"' : '') +
    (halo ? ' stroke="#fff" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' : '');
  return `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${style}>${escapeXml(text)}</text>`;
}

/** A whole SVG: white ground, the figures' font, and `body` inside; its upper left corner is at `(x, y)`. */
export function svgDocument(width: number, height: number, body: string, x = 0, y = 0): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${x} ${y} ${width} ${height}" ` +
    `font-family="${fontFamily}, system-ui, sans-serif">` +
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="#fff"/>${body}</svg>`
  );
}

/** Approximate width of a line of text. */
export function textWidth(text: string, size: number): number {
  return text.length * size * advance;
}

/**
 * Breaks text into lines no wider than `width`, after spaces, commas, `+`, `·` and `(`; what still does not fit
 * in `maxLines` lines ends in an ellipsis.
 */
export function wrapText(text: string, width: number, size: number, maxLines = 2): string[] {
  const capacity = Math.max(4, Math.floor(width / (size * advance)));
  const lines: string[] = [];
  for (const word of text.match(/[^ ,+·(]*[ ,+·(]*/g) ?? []) {
    const last = lines.at(-1);
    if (last !== undefined && (last + word).trimEnd().length <= capacity)
      lines[lines.length - 1] = last + word;
    else if (word) lines.push(word);
  }
  const shown = lines.slice(0, maxLines).map((line) => line.trim());
  if (lines.length > maxLines) shown[maxLines - 1] += '…';
  return shown.map((line) => (line.length > capacity ? `${line.slice(0, capacity - 1)}…` : line));
}
