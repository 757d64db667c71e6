/** The light that reaches a point of a room: a soft ceiling lamp, and ambient light that corners and contacts lose. */
import type { Point } from './camera.js';
import { ambientVisibility, lampVisibility } from './occlusion.js';
import type { Scene } from './scene.js';
import type { Body, Shape } from './shape.js';
import type { SurfacePoint } from './surface.js';

/** Strengths of the two lights at a point; radiance is `colour · (ambient·ambientColor + lamp·lampColor)`. */
export interface Irradiance {
  ambient: number;
  lamp: number;
}

/** Ambient light left by the walls, floor and ceiling that meet near a point: 1 in the open, less in a corner. */
function cornerVisibility(at: SurfacePoint, size: Point): number {
  const side = (distance: number, facing: number) => {
    const far = 1 + distance / 0.22;
    return 1 - (0.34 * (1 - facing)) / (far * far);
  };
  return (
    side(at.x, at.nx) *
    side(size[0] - at.x, -at.nx) *
    side(at.y, at.ny) *
    side(size[1] - at.y, -at.ny) *
    side(at.z, at.nz) *
    side(size[2] - at.z, -at.nz)
  );
}

/** Writes the light at a point of the empty room, furniture or figures into `out`. `own` is the shape it lies on. */
export function illuminate(out: Irradiance, at: SurfacePoint, scene: Scene, own?: Shape): void {
  const { lamp, windowDirection: w } = scene.lighting;
  const dx = (at.lampX = lamp[0] - at.x);
  const dy = (at.lampY = lamp[1] - at.y);
  const dz = (at.lampZ = lamp[2] - at.z);
  const square = dx * dx + dy * dy + dz * dz;
  // A lamp with an extent still lights what just turns away from its centre.
  const facing = ((at.nx * dx + at.ny * dy + at.nz * dz) / Math.sqrt(square) + 0.15) / 1.15;
  const windowFacing = -(at.nx * w[0] + at.nz * w[2]);
  const ambient = 0.78 + 0.14 * at.ny + (windowFacing > 0 ? 0.26 * windowFacing : 0);
  out.ambient =
    ambient * cornerVisibility(at, scene.size) * ambientVisibility(scene.furniture, at, undefined, own);
  out.lamp =
    facing <= 0 ? 0 : (facing / (0.55 + 0.17 * square)) * lampVisibility(scene.furniture, at, undefined, own);
}

/**
 * Takes from `out`, as `illuminate` left it and `at`, what figures except `own` keep away from a point. It stays as it
 * was far from all of them.
 */
export function shadow(out: Irradiance, at: SurfacePoint, figures: readonly Body[], own?: Body): void {
  out.ambient *= ambientVisibility(figures, at, own);
  if (out.lamp > 0) out.lamp *= lampVisibility(figures, at, own);
}
