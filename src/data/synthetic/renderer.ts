/**
 * Renders a scene with and without its figures from the same primary rays, four to a pixel.
 *
 * Visibility is sampled four times a pixel, light once for each surface in it, as in multisample anti-aliasing.
 * Averages are of linear light.
 */
import type { Camera } from './camera.js';
import { castRoom, castShape, createHits, type Hits } from './cast.js';
import { displayByte } from './color.js';
import type { Scene } from './scene.js';
import { createShader, type Shader, type Thing } from './shader.js';
import type { Body } from './shape.js';

/** Z-depth at a stored depth of 65535, metres; no room is as large. */
export const maxDepth = 10;

/** The planes of one sample, row by row; images planar `[3, H, W]`. */
export interface Rendering {
  readonly image: Uint8Array;
  /** The same without the figures and their shadows. */
  readonly background: Uint8Array;
  /** 255 times the share of the pixel's rays that hit a figure. */
  readonly mask: Uint8Array;
  /** Z-depth, 65535 is `maxDepth`. */
  readonly depth: Uint16Array;
}

/** Renders a scene with the given figures as a camera sees it. */
export type Render = (scene: Scene, figures: readonly Body[], camera: Camera) => Rendering;

/**
 * A pure render function for images of one size. It keeps its buffers between calls, so make one for many scenes.
 *
 * @example createRenderer(64, 64)(scene, [], camera).depth
 */
export function createRenderer(height: number, width: number): Render {
  const rows = 2 * height;
  const columns = 2 * width;
  const empty = createHits(rows, columns);
  const peopled = createHits(rows, columns);
  const radiance = new Float64Array(3);
  const plane = height * width;

  return (scene, figures, camera) => {
    const things: Thing[] = Array.from({ length: 6 }, () => ({}));
    castRoom(empty, camera, scene.size);
    for (const body of [...scene.decor, ...scene.furniture]) {
      for (const shape of body.shapes) castShape(empty, camera, shape, things.push({ shape }) - 1);
    }
    const firstFigure = things.length;
    peopled.depth.set(empty.depth);
    peopled.id.set(empty.id);
    for (const figure of figures) {
      for (const shape of figure.shapes)
        castShape(peopled, camera, shape, things.push({ shape, figure }) - 1);
    }

    const shader = createShader(scene, things, figures, camera, rows, columns);
    const image = new Uint8Array(3 * plane);
    const background = new Uint8Array(3 * plane);
    const mask = new Uint8Array(plane);
    const depth = new Uint16Array(plane);
    for (let y = 0, pixel = 0; y < height; y++) {
      for (let x = 0; x < width; x++, pixel++) {
        shader.startPixel();
        const shadowed = gather(shader, empty, y, x, false, radiance);
        for (let c = 0; c < 3; c++) background[c * plane + pixel] = displayByte(radiance[c]);
        const covered = countFrom(peopled, y, x, firstFigure);
        if (shadowed || covered > 0) gather(shader, peopled, y, x, true, radiance);
        for (let c = 0; c < 3; c++) image[c * plane + pixel] = displayByte(radiance[c]);
        mask[pixel] = Math.round((covered * 255) / 4);
        const z = pixelDepth(peopled, y, x, covered >= 2 ? firstFigure : 0);
        depth[pixel] = Math.round((Math.min(z, maxDepth) / maxDepth) * 65535);
      }
    }
    return { image, background, mask, depth };
  };
}

/**
 * Averages a pixel's light into `radiance`, with or without the figures' shadows; returns whether there are any.
 * Where one thing fills the pixel, two samples on its diagonal do for the texture.
 */
function gather(
  shader: Shader,
  hits: Hits,
  y: number,
  x: number,
  withShadows: boolean,
  radiance: Float64Array,
): boolean {
  const { id, columns } = hits;
  const at = 2 * y * columns + 2 * x;
  const full = id[at] === id[at + 1] && id[at] === id[at + columns] && id[at] === id[at + columns + 1];
  const weight = full ? 0.5 : 0.25;
  const { albedo } = shader;
  let shadowed = false;
  radiance.fill(0);
  for (let s = 0; s < 4; s += full ? 3 : 1) {
    const light = shader.shade(hits, 2 * y + (s >> 1), 2 * x + (s & 1));
    const received = withShadows ? light.peopled : light.empty;
    for (let c = 0; c < 3; c++) radiance[c] += weight * albedo[c] * received[c];
    if (light.shadowed) shadowed = true;
  }
  return shadowed;
}

/** How many of a pixel's four samples hit a thing numbered `firstId` or more. */
function countFrom({ id, columns }: Hits, y: number, x: number, firstId: number): number {
  const at = 2 * y * columns + 2 * x;
  let count = 0;
  for (let s = 0; s < 4; s++) if (id[at + (s >> 1) * columns + (s & 1)] >= firstId) count++;
  return count;
}

/**
 * Z-depth of a pixel: of the surface that most of its four samples hit, the nearer on a tie, among ids from `firstId`.
 * The harmonic mean of the samples, since 1/z is linear across the image of a plane: exact at the pixel's centre for a
 * surface that fills it, and never a mix of two surfaces.
 */
function pixelDepth(hits: Hits, y: number, x: number, firstId: number): number {
  const corner = 2 * y * hits.columns + 2 * x;
  let best = Number.POSITIVE_INFINITY;
  let most = 0;
  for (let s = 0; s < 4; s++) {
    const id = hits.id[corner + (s >> 1) * hits.columns + (s & 1)];
    if (id < firstId) continue;
    let count = 0;
    let inverse = 0;
    for (let q = 0; q < 4; q++) {
      const at = corner + (q >> 1) * hits.columns + (q & 1);
      if (hits.id[at] !== id) continue;
      count++;
      inverse += 1 / hits.depth[at];
    }
    const z = count / inverse;
    if (count > most || (count === most && z < best)) {
      most = count;
      best = z;
    }
    if (count === 4) break;
  }
  return best;
}
