import { describe, expect, it } from 'vitest';
import { createCamera, type Point } from './camera.js';
import { hex } from './color.js';
import { createFigure } from './figure.js';
import { createRandom } from './random.js';
import { createRenderer, maxDepth } from './renderer.js';
import { createRoom } from './room.js';
import type { Scene } from './scene.js';
import { type Body, createBuilder } from './shape.js';
import { plain } from './texture.js';

const grey = plain(hex('#808080'));

/** A bare room 4 m wide, 3 m high and 6 m long. */
function bareRoom(furniture: readonly Body[] = []): Scene {
  return {
    size: [4, 3, 6],
    textures: [grey, grey, grey, grey, grey, grey],
    lighting: {
      lamp: [2, 2.6, 3],
      lampColor: [1, 1, 1],
      ambientColor: [0.3, 0.3, 0.3],
      windowDirection: [0, 0, 0],
    },
    furniture,
    decor: [],
    footprints: [],
    view: { position: [2, 1.5, 1], yaw: 0, pitch: 0 },
  };
}

const size = 32;
const render = createRenderer(size, size);
const eye: Point = [2, 1.5, 1];
const level = createCamera(eye, 0, 0, size, size);
const metres = (stored: number) => (stored / 65535) * maxDepth;
/** Position of a pixel's centre on the image plane: 0.7 at its edge. */
const at = (i: number) => 0.7 * ((2 * (i + 0.5)) / size - 1);

describe('createRenderer', () => {
  it('agrees with the depth of walls, floor and ceiling worked out by hand', () => {
    const { depth } = render(bareRoom(), [], level);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        // The far wall is 5 m ahead, the side walls 2 m aside, floor and ceiling 1.5 m off.
        const hits = [5, 2 / Math.abs(at(x)), 1.5 / Math.abs(at(y))].sort((a, b) => a - b);
        // Where two sides meet within a pixel either may win.
        if (hits[1] - hits[0] < 0.4) continue;
        expect(metres(depth[y * size + x])).toBeCloseTo(hits[0], 3);
      }
    }
  });

  it('agrees with a tilted view of the floor', () => {
    const pitch = -0.5;
    const { depth } = render(bareRoom(), [], createCamera(eye, 0, pitch, size, size));
    const b = -at(size - 4);
    // Down by 1.5 m along a ray that falls by sin 0.5 − b·cos 0.5 for each metre of the axis.
    const expected = 1.5 / (Math.sin(0.5) - b * Math.cos(0.5));
    expect(metres(depth[(size - 4) * size + size / 2])).toBeCloseTo(expected, 3);
  });

  it.each(['box', 'ellipsoid', 'limb'] as const)('sees the front of a %s at its depth', (kind) => {
    const expected = 2.5 - 0.4;
    const builder = createBuilder([2, 0, 3.5], 0);
    if (kind === 'limb') builder.limb([0, 1, 0], [0, 2, 0], 0.4, 0.4, grey);
    else builder[kind]([0, 1.5, 0], [0.3, 0.5, 0.4], grey);
    const figure = builder.body();
    // An odd size has a pixel in the very middle.
    const { depth, mask } = createRenderer(33, 33)(bareRoom(), [figure], createCamera(eye, 0, 0, 33, 33));
    expect(metres(depth[16 * 33 + 16])).toBeCloseTo(expected, 2);
    expect(mask[16 * 33 + 16]).toBe(255);
    expect(mask[0]).toBe(0);
    expect(metres(depth[0])).toBeGreaterThan(expected);
  });

  it('covers the share of the image that a box takes', () => {
    const builder = createBuilder([2, 0, 3.5], 0);
    builder.box([0, 1.5, 0], [0.5, 0.25, 0.5], grey);
    const { mask } = render(bareRoom(), [builder.body()], level);
    // Its front, 1 m × 0.5 m, is 2 m away, where the view is 2.8 m across both ways.
    const share = mask.reduce((sum, m) => sum + m, 0) / 255 / mask.length;
    expect(share).toBeCloseTo(0.5 / 2.8 ** 2, 2);
  });

  it('shades the floor under a figure, softly, and leaves far walls as they were', () => {
    const down = createCamera([2, 1.6, 0.3], 0, -0.3, size, size);
    const figure = createFigure(createRandom(5), 2, 3.4, Math.PI);
    const { image, background, mask } = render(bareRoom(), [figure], down);
    const plane = size * size;
    const darker = Array.from(mask.keys()).filter((i) => mask[i] === 0 && image[i] < background[i]);
    expect(darker.length).toBeGreaterThan(5);
    expect(new Set(darker.map((i) => background[i] - image[i])).size).toBeGreaterThan(4);
    expect(image[plane - size]).toBe(background[plane - size]);
    expect(image[0]).toBe(background[0]);
  });

  it('puts figures before what they hide and behind what hides them', () => {
    for (let seed = 0; seed < 6; seed++) {
      const scene = createRoom(createRandom(seed));
      const camera = createCamera(scene.view.position, scene.view.yaw, scene.view.pitch, size, size);
      const figure = createFigure(createRandom(seed), scene.size[0] / 2, 3, Math.PI);
      const empty = render(scene, [], camera);
      const peopled = render(scene, [figure], camera);
      const wrong = Array.from(peopled.mask.keys()).filter((i) => {
        const [before, after] = [empty.depth[i], peopled.depth[i]];
        return peopled.mask[i] === 255 ? after > before : peopled.mask[i] === 0 && after !== before;
      });
      // Where two things meet within a pixel, its depth is that of either.
      expect(wrong.length).toBeLessThanOrEqual(3);
      expect(empty.image).toEqual(empty.background);
      expect(peopled.background).toEqual(empty.background);
    }
    const builder = createBuilder([2, 0, 2], 0);
    builder.box([0, 1.5, 0], [1.9, 1.4, 0.1], grey);
    const figure = createFigure(createRandom(1), 2, 4, Math.PI);
    expect(render(bareRoom([builder.body()]), [figure], level).mask.every((m) => m === 0)).toBe(true);
  });
});
