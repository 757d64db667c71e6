/** The built-in data set: furnished rooms with people in them, rendered on demand, the same bytes each time. */
import { FathomError } from '../../errors.js';
import type { Dataset } from '../dataset.js';
import { type Camera, createCamera } from './camera.js';
import { createFigure } from './figure.js';
import { createRandom, type Random } from './random.js';
import { createRenderer, maxDepth } from './renderer.js';
import { createRoom } from './room.js';
import type { Scene } from './scene.js';
import type { Body } from './shape.js';

/** Raised when a change of the generator changes any sample's bytes, so that no cache serves the old ones. */
const version = 1;

/** Options of {@link syntheticDataset}. */
export interface SyntheticOptions {
  /** Number of samples, at least 1. */
  readonly count: number;
  /** Side of a square image, or `[height, width]`; 8–2048 pixels. */
  readonly size: number | readonly [height: number, width: number];
  /** Any integer; another seed gives other rooms. Default 0. */
  readonly seed?: number;
  /** Samples that share a room. Default 8. */
  readonly perScene?: number;
}

function requireInteger(name: string, value: number, low: number, high: number, hint: string): void {
  if (Number.isSafeInteger(value) && value >= low && value <= high) return;
  throw new FathomError(
    'usage',
    `synthetic ${name}: expected an integer from ${low} to ${high}, got ${value}`,
    { hint },
  );
}

/** Places one to three figures where the camera can see them and no furniture stands. */
function placeFigures(random: Random, scene: Scene, camera: Camera): Body[] {
  const wanted = random.pick([1, 1, 1, 2, 2, 2, 3, 3]);
  const places: { x: number; z: number }[] = [];
  const [width, , length] = scene.size;
  for (let tries = 0; tries < 80 && places.length < wanted; tries++) {
    const far = random.uniform(1.5, length - 0.6);
    const aside = random.uniform(-0.85, 0.85) * camera.tanX * far;
    const x = camera.position[0] + far * camera.forward[0] + aside * camera.right[0];
    const z = camera.position[2] + far * camera.forward[2] + aside * camera.right[2];
    if (x < 0.35 || x > width - 0.35 || z < 0.35 || z > length - 0.35) continue;
    // After many tries in a crowded room a figure may stand closer to the furniture.
    const room = tries < 60 ? 0.22 : 0.05;
    if (
      scene.footprints.some((f) => x > f.x0 - room && x < f.x1 + room && z > f.z0 - room && z < f.z1 + room)
    )
      continue;
    if (places.some((other) => (other.x - x) ** 2 + (other.z - z) ** 2 < 0.36)) continue;
    places.push({ x, z });
  }
  return places.map(({ x, z }) => {
    // Most face the camera more or less, some walk by or turn their back.
    const towards = Math.atan2(camera.position[0] - x, camera.position[2] - z);
    const turn = random.chance(0.7) ? random.uniform(-0.9, 0.9) : random.uniform(-Math.PI, Math.PI);
    return createFigure(random, x, z, towards + turn);
  });
}

/**
 * Rooms with walls, floor, ceiling and furniture, and one to three people: composite, empty room, mask and exact depth.
 *
 * Sample `i` depends on the seed, `perScene`, the size and `i` alone. `perScene` samples in a row share a room, its
 * furniture and its light; the camera moves a little and other people stand in it. Depth is z-depth, at most 10 m.
 *
 * @throws FathomError of code `usage` for a count, size, seed or perScene out of range; reading an index out of range too
 * @example
 * const data = syntheticDataset({ count: 2048, size: 64 });
 * const { image, background, mask, depth } = await data.read(0);
 */
export function syntheticDataset(options: SyntheticOptions): Dataset {
  const { count, size, seed = 0, perScene = 8 } = options;
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  requireInteger('count', count, 1, 2 ** 31, 'give the number of samples to generate, such as 2048');
  requireInteger('size', height, 8, 2048, 'give the side in pixels, such as 64, or [height, width]');
  requireInteger('size', width, 8, 2048, 'give the side in pixels, such as 64, or [height, width]');
  requireInteger('seed', seed, -(2 ** 31), 2 ** 32, 'give an integer; another one gives other rooms');
  requireInteger('perScene', perScene, 1, 2 ** 31, 'give the number of samples that share a room, such as 8');
  const render = createRenderer(height, width);
  const check = (index: number): void => {
    requireInteger('index', index, 0, count - 1, `the data set has ${count} samples, counted from 0`);
  };
  const sceneOf = (index: number) => Math.floor(index / perScene);
  const all = new Uint8Array(height * width).fill(1);
  return {
    name: 'synthetic rooms',
    length: count,
    height,
    width,
    hasBackground: true,
    maxDepth,
    depthUnit: 'm',
    fingerprint: `synthetic-v${version}-seed${seed}-${count}x${height}x${width}-perScene${perScene}`,
    scene: (index) => {
      check(index);
      return `room-${String(sceneOf(index)).padStart(5, '0')}`;
    },
    read: async (index) => {
      check(index);
      const scene = createRoom(createRandom(seed, sceneOf(index), 0));
      const random = createRandom(seed, sceneOf(index), 1 + (index % perScene));
      const { position: p, yaw, pitch } = scene.view;
      const camera = createCamera(
        [
          p[0] + random.uniform(-0.2, 0.2),
          p[1] + random.uniform(-0.1, 0.1),
          p[2] + random.uniform(-0.1, 0.1),
        ],
        yaw + random.uniform(-0.1, 0.1),
        pitch + random.uniform(-0.04, 0.04),
        height,
        width,
      );
      const { image, background, mask, depth } = render(scene, placeFigures(random, scene, camera), camera);
      return {
        id: `room-${String(sceneOf(index)).padStart(5, '0')}-${index % perScene}`,
        scene: `room-${String(sceneOf(index)).padStart(5, '0')}`,
        image,
        background,
        mask,
        depth,
        maskValid: all.slice(),
        depthValid: all.slice(),
      };
    },
  };
}
