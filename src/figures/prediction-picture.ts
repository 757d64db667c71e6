/** A picture of one prediction without a truth: the image, its foreground tinted, and its depth with a scale. */
import { depthPanel, depthScale, imagePanel } from './panels.js';
import { drawSheet } from './sheet.js';

/** Input of {@link predictionPicture}; images planar `[3, H, W]` sRGB 0–255. */
export interface PredictionPicture {
  readonly title: string;
  readonly height: number;
  readonly width: number;
  readonly image: Uint8Array;
  readonly overlay: Uint8Array;
  /** `[H, W]`, a fraction of `maxDepth`. */
  readonly depth: Float32Array;
  /** Depth at 1 in `depthUnit`; the unit is `` where depth is relative. */
  readonly maxDepth: number;
  readonly depthUnit: string;
}

/** Draws the three panels side by side. Returns a PNG. */
export function predictionPicture(input: PredictionPicture): Promise<Buffer> {
  const { image, overlay, depth, height, width } = input;
  const valid = new Uint8Array(depth.length).fill(1);
  const scale = depthScale(depth, valid, []);
  const panels = [
    imagePanel(image, height, width),
    imagePanel(overlay, height, width),
    depthPanel(depth, height, width, scale),
  ];
  return drawSheet({
    ...input,
    columns: [{ heading: 'IMAGE' }, { heading: 'FOREGROUND' }, { heading: 'DEPTH' }],
    rows: [{ cells: panels.map((panel) => ({ panel })), scale }],
    panelPixels: 1,
  });
}
