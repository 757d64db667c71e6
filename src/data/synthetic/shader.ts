/** Light on what a ray hit, with and without the figures' shadows, worked out once for each surface in a pixel. */
import type { Camera } from './camera.js';
import { type Hits, planeX, planeY } from './cast.js';
import { type Irradiance, illuminate, shadow } from './lighting.js';
import type { Scene } from './scene.js';
import type { Body, Shape } from './shape.js';
import { createSurfacePoint, locateOnRoom, locateOnShape } from './surface.js';

/** What an id in the grid of hits stands for; `undefined` shape: a side of the room. */
export interface Thing {
  readonly shape?: Shape;
  /** The figure it is part of. */
  readonly figure?: Body;
}

/** Light that one surface receives within a pixel, linear RGB, to be multiplied with its colour. */
export interface Light {
  key: number;
  /** Without figures in the room. */
  readonly empty: Float32Array;
  /** With them; the same where `shadowed` is false. */
  readonly peopled: Float32Array;
  shadowed: boolean;
}

/** Shades samples of one image. */
export interface Shader {
  /** Linear RGB of the surface last shaded. */
  readonly albedo: Float32Array;
  /** Forgets the lights of the pixel before. */
  startPixel(): void;
  /** Sets `albedo` for what the ray of a sample hit, and returns the light on it. */
  shade(hits: Hits, row: number, column: number): Light;
}

/** A shader for a grid of `rows` × `columns` samples whose ids index `things`. */
export function createShader(
  scene: Scene,
  things: readonly Thing[],
  figures: readonly Body[],
  camera: Camera,
  rows: number,
  columns: number,
): Shader {
  const albedo = new Float32Array(3);
  const lights: Light[] = Array.from({ length: 8 }, () => ({
    key: -1,
    empty: new Float32Array(3),
    peopled: new Float32Array(3),
    shadowed: false,
  }));
  let used = 0;
  const at = createSurfacePoint(scene.textures[0]);
  const irradiance: Irradiance = { ambient: 0, lamp: 0 };
  const { lampColor, ambientColor } = scene.lighting;
  const { position: o, forward: f, right: r, up: u } = camera;
  const sampleWidth = (2 * camera.tanX) / columns;

  const mix = (out: Float32Array): void => {
    for (let c = 0; c < 3; c++) {
      out[c] = irradiance.ambient * ambientColor[c] + irradiance.lamp * lampColor[c];
    }
  };

  const receive = (light: Light, thing: Thing): void => {
    if (at.glow > 0) {
      light.empty.fill(at.glow);
      light.peopled.fill(at.glow);
      light.shadowed = false;
      return;
    }
    illuminate(irradiance, at, scene, thing.shape);
    mix(light.empty);
    const { ambient, lamp } = irradiance;
    shadow(irradiance, at, figures, thing.figure);
    light.shadowed = irradiance.ambient < ambient || irradiance.lamp < lamp;
    mix(light.peopled);
  };

  return {
    albedo,
    startPixel: () => {
      used = 0;
    },
    shade: (hits, row, column) => {
      const depth = hits.depth[row * columns + column];
      const id = hits.id[row * columns + column];
      const a = planeX(camera, column, columns);
      const b = planeY(camera, row, rows);
      const dx = f[0] + a * r[0] + b * u[0];
      const dy = f[1] + a * r[1] + b * u[1];
      const dz = f[2] + a * r[2] + b * u[2];
      at.x = o[0] + depth * dx;
      at.y = o[1] + depth * dy;
      at.z = o[2] + depth * dz;
      const thing = things[id];
      if (thing.shape) locateOnShape(at, thing.shape);
      else locateOnRoom(at, id, scene.textures);
      const facing = -(dx * at.nx + dy * at.ny + dz * at.nz) / Math.sqrt(dx * dx + dy * dy + dz * dz);
      at.footprint = (depth * sampleWidth) / Math.max(0.15, facing);
      at.texture(at, albedo);
      const key = 8 * id + at.face;
      for (let i = 0; i < used; i++) if (lights[i].key === key) return lights[i];
      const light = lights[used++];
      light.key = key;
      receive(light, thing);
      return light;
    },
  };
}
