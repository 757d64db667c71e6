/** What bodies take away from the light at a point: soft shadows of a round lamp, and ambient occlusion near contact. */
import type { Body, Limb, Shape, Solid } from './shape.js';
import { distanceTo, type SurfacePoint } from './surface.js';

/** Reach of ambient occlusion, metres. */
const reach = 0.3;

/** Radius of the lamp, metres: the softness of its shadows. */
const lampRadius = 0.2;

/** Shapes smaller than this cast no shadow: eyes and other details, metres. */
const detail = 0.05;

/** Bodies this far from the path of the light still dim it, metres: the widest half penumbra. */
const penumbra = 0.15;

const smooth = (x: number) => (x <= 0 ? 0 : x >= 1 ? 1 : x * x * (3 - 2 * x));

/** Share of the lamp that a point sees past one shape. */
type Visibility<S extends Shape> = (shape: S, at: SurfacePoint) => number;

/**
 * The lamp's disc, seen from the point, is `lampRadius·share` wide at an occluder that lies at `share` of the way; a
 * ray that passes the occluder's outline at distance `clearance` (negative inside) sees this part of it.
 */
function visiblePart(clearance: number, share: number): number {
  return smooth(0.5 + clearance / (2 * lampRadius * share + 0.01));
}

/**
 * A box's outline is made of edges, each where the ray enters one slab as it leaves another; the gap between the two
 * ray parameters over the length of its gradient is the exact distance to that edge.
 */
const pastBox: Visibility<Solid> = (solid, at) => {
  const { x, y, z, lampX: dx, lampY: dy, lampZ: dz } = at;
  const { center, half, cos, sin } = solid;
  const wx = x - center[0];
  const wz = z - center[2];
  const ix = 1 / (dx * cos - dz * sin || 1e-9);
  const iy = 1 / (dy || 1e-9);
  const iz = 1 / (dx * sin + dz * cos || 1e-9);
  const mx = -(wx * cos - wz * sin) * ix;
  const my = -(y - center[1]) * iy;
  const mz = -(wx * sin + wz * cos) * iz;
  const hx = half[0] * Math.abs(ix);
  const hy = half[1] * Math.abs(iy);
  const hz = half[2] * Math.abs(iz);
  const enter = Math.max(mx - hx, my - hy, mz - hz);
  const leave = Math.min(mx + hx, my + hy, mz + hz);
  if (leave <= 0 || enter >= 1) return 1;
  const xy = (hx + hy - Math.abs(mx - my)) / Math.sqrt(ix * ix + iy * iy);
  const yz = (hy + hz - Math.abs(my - mz)) / Math.sqrt(iy * iy + iz * iz);
  const zx = (hz + hx - Math.abs(mz - mx)) / Math.sqrt(iz * iz + ix * ix);
  const share = Math.min(1, Math.max(0, (enter + leave) / 2));
  return visiblePart(-Math.min(xy, yz, zx), share);
};

/** In the frame where it is the unit sphere, with the clearance scaled back by the mean half axis. */
const pastEllipsoid: Visibility<Solid> = (solid, at) => {
  const { x, y, z, lampX: dx, lampY: dy, lampZ: dz } = at;
  const { center, half, cos, sin } = solid;
  const wx = x - center[0];
  const wz = z - center[2];
  const ox = (wx * cos - wz * sin) / half[0];
  const oy = (y - center[1]) / half[1];
  const oz = (wx * sin + wz * cos) / half[2];
  const ux = (dx * cos - dz * sin) / half[0];
  const uy = dy / half[1];
  const uz = (dx * sin + dz * cos) / half[2];
  const share = -(ox * ux + oy * uy + oz * uz) / (ux * ux + uy * uy + uz * uz);
  if (share <= 0 || share >= 1) return 1;
  const px = ox + ux * share;
  const py = oy + uy * share;
  const pz = oz + uz * share;
  const clearance = (Math.sqrt(px * px + py * py + pz * pz) - 1) * ((half[0] + half[1] + half[2]) / 3);
  return visiblePart(clearance, share);
};

/** From the closest points of the ray and the limb's axis. */
const pastLimb: Visibility<Limb> = (limb, at) => {
  const { x, y, z, lampX: dx, lampY: dy, lampZ: dz } = at;
  const { a, b, radiusA, radiusB } = limb;
  const vx = b[0] - a[0];
  const vy = b[1] - a[1];
  const vz = b[2] - a[2];
  const wx = x - a[0];
  const wy = y - a[1];
  const wz = z - a[2];
  const uu = dx * dx + dy * dy + dz * dz;
  const uv = dx * vx + dy * vy + dz * vz;
  const vv = vx * vx + vy * vy + vz * vz;
  const uw = dx * wx + dy * wy + dz * wz;
  const vw = vx * wx + vy * wy + vz * wz;
  const first = (uv * vw - vv * uw) / Math.max(1e-9, uu * vv - uv * uv);
  const k = Math.min(1, Math.max(0, (uv * Math.min(1, Math.max(0, first)) + vw) / vv));
  const share = (uv * k - uw) / uu;
  if (share <= 0 || share >= 1) return 1;
  const px = wx + dx * share - vx * k;
  const py = wy + dy * share - vy * k;
  const pz = wz + dz * share - vz * k;
  const clearance = Math.sqrt(px * px + py * py + pz * pz) - (radiusA + (radiusB - radiusA) * k);
  return visiblePart(clearance, share);
};

/**
 * Share of the lamp, 0–1, that the point sees past bodies. Shapes of one body overlap, so its darkest counts alone.
 *
 * @param ownBody a body that casts nothing here
 * @param ownShape the shape that the point lies on, which casts nothing on itself
 */
export function lampVisibility(
  bodies: readonly Body[],
  at: SurfacePoint,
  ownBody?: Body,
  ownShape?: Shape,
): number {
  const { x, y, z } = at;
  const ix = 1 / (at.lampX || 1e-9);
  const iy = 1 / (at.lampY || 1e-9);
  const iz = 1 / (at.lampZ || 1e-9);
  const inverse = 1 / (at.lampX * at.lampX + at.lampY * at.lampY + at.lampZ * at.lampZ);
  let visible = 1;
  for (const body of bodies) {
    const { low, high } = body;
    if (at.lampY > 0 && y > high[1] + penumbra) continue;
    const x0 = (low[0] - penumbra - x) * ix;
    const x1 = (high[0] + penumbra - x) * ix;
    const y0 = (low[1] - penumbra - y) * iy;
    const y1 = (high[1] + penumbra - y) * iy;
    const z0 = (low[2] - penumbra - z) * iz;
    const z1 = (high[2] + penumbra - z) * iz;
    const enter = Math.max(Math.min(x0, x1), Math.min(y0, y1), Math.min(z0, z1), 0);
    const leave = Math.min(Math.max(x0, x1), Math.max(y0, y1), Math.max(z0, z1), 1);
    if (enter >= leave || body === ownBody) continue;
    let least = 1;
    for (const shape of body.shapes) {
      const cx = shape.center[0] - x;
      const cy = shape.center[1] - y;
      const cz = shape.center[2] - z;
      const along = cx * at.lampX + cy * at.lampY + cz * at.lampZ;
      const limit = shape.radius + penumbra;
      if (cx * cx + cy * cy + cz * cz - along * along * inverse > limit * limit) continue;
      if (shape === ownShape || shape.radius < detail || shape.material.glow > 0) continue;
      const part =
        shape.kind === 'limb'
          ? pastLimb(shape, at)
          : shape.kind === 'box'
            ? pastBox(shape, at)
            : pastEllipsoid(shape, at);
      if (part < least) least = part;
      if (least === 0) return 0;
    }
    visible *= least;
  }
  return visible;
}

/**
 * Share of the ambient light that bodies leave at a point, each between 0.4 and 1, by the distance of a probe above
 * the surface.
 */
export function ambientVisibility(
  bodies: readonly Body[],
  at: SurfacePoint,
  ownBody?: Body,
  ownShape?: Shape,
): number {
  const x = at.x + 0.1 * at.nx;
  const y = at.y + 0.1 * at.ny;
  const z = at.z + 0.1 * at.nz;
  let visible = 1;
  for (const body of bodies) {
    const { low, high } = body;
    if (x < low[0] - reach || x > high[0] + reach || z < low[2] - reach || z > high[2] + reach) continue;
    if (y < low[1] - reach || y > high[1] + reach || body === ownBody) continue;
    let closest = reach;
    for (const shape of body.shapes) {
      if (shape === ownShape) continue;
      const dx = x - shape.center[0];
      const dy = y - shape.center[1];
      const dz = z - shape.center[2];
      const limit = shape.radius + closest;
      if (dx * dx + dy * dy + dz * dz > limit * limit) continue;
      closest = Math.min(closest, Math.max(0, distanceTo(shape, x, y, z)));
    }
    const near = 1 - closest / reach;
    visible *= 1 - 0.6 * near * near;
  }
  return visible;
}
