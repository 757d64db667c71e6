/** What lies at a point of a shape: its normal, and where that point is in its texture. */
import type { Point } from './camera.js';
import type { Shape } from './shape.js';
import type { Texture, TexturePoint } from './texture.js';

/** A point on a surface; one object is filled again and again, so that the renderer allocates nothing per pixel. */
export interface SurfacePoint extends TexturePoint {
  x: number;
  y: number;
  z: number;
  nx: number;
  ny: number;
  nz: number;
  /** From the point to the lamp. */
  lampX: number;
  lampY: number;
  lampZ: number;
  /** Which side of a box, 0–5; 0 for round shapes. Points of one shape and face are lit alike within a pixel. */
  face: number;
  glow: number;
  texture: Texture;
}

/** A surface point to be filled. */
export function createSurfacePoint(texture: Texture): SurfacePoint {
  return {
    x: 0,
    y: 0,
    z: 0,
    nx: 0,
    ny: 0,
    nz: 0,
    lampX: 0,
    lampY: 0,
    lampZ: 0,
    u: 0,
    v: 0,
    footprint: 0,
    face: 0,
    glow: 0,
    texture,
  };
}

/** Fills in the inner side `face` (numbered as by `castRoom`) of a room, for the point already in `at`. */
export function locateOnRoom(at: SurfacePoint, face: number, textures: readonly Texture[]): void {
  const axis = face >> 1;
  const inward = face & 1 ? -1 : 1;
  at.nx = axis === 0 ? inward : 0;
  at.ny = axis === 1 ? inward : 0;
  at.nz = axis === 2 ? inward : 0;
  at.u = axis === 0 ? at.z : at.x;
  at.v = axis === 1 ? at.z : at.y;
  at.face = face;
  at.glow = 0;
  at.texture = textures[face];
}

/** Fills in normal and texture coordinates on a shape, for the point already in `at`. */
export function locateOnShape(at: SurfacePoint, shape: Shape): void {
  at.face = 0;
  at.glow = shape.material.glow;
  at.texture = shape.material.texture;
  if (shape.kind === 'limb') {
    const { a, b, radiusA, radiusB } = shape;
    const k = alongLimb(a, b, at.x, at.y, at.z, radiusA - radiusB);
    at.nx = at.x - (a[0] + (b[0] - a[0]) * k);
    at.ny = at.y - (a[1] + (b[1] - a[1]) * k);
    at.nz = at.z - (a[2] + (b[2] - a[2]) * k);
    normalise(at);
    at.u = at.x - a[0] + at.z - a[2];
    at.v = at.y;
    return;
  }
  const { center, half, cos, sin } = shape;
  const wx = at.x - center[0];
  const wz = at.z - center[2];
  const lx = wx * cos - wz * sin;
  const ly = at.y - center[1];
  const lz = wx * sin + wz * cos;
  if (shape.kind === 'ellipsoid') {
    const nx = lx / (half[0] * half[0]);
    const nz = lz / (half[2] * half[2]);
    at.nx = nx * cos + nz * sin;
    at.ny = ly / (half[1] * half[1]);
    at.nz = nz * cos - nx * sin;
    normalise(at);
    at.u = lx;
    at.v = at.y;
    return;
  }
  const sx = Math.abs(lx) / half[0];
  const sy = Math.abs(ly) / half[1];
  const sz = Math.abs(lz) / half[2];
  if (sy > sx && sy > sz) {
    at.nx = 0;
    at.ny = ly > 0 ? 1 : -1;
    at.nz = 0;
    at.u = lx;
    at.v = lz;
    at.face = ly > 0 ? 3 : 2;
  } else if (sx > sz) {
    const side = lx > 0 ? 1 : -1;
    at.nx = side * cos;
    at.ny = 0;
    at.nz = -side * sin;
    at.u = lz;
    at.v = ly;
    at.face = side > 0 ? 1 : 0;
  } else {
    const side = lz > 0 ? 1 : -1;
    at.nx = side * sin;
    at.ny = 0;
    at.nz = side * cos;
    at.u = lx;
    at.v = ly;
    at.face = side > 0 ? 5 : 4;
    if (side > 0 && shape.material.front) at.texture = shape.material.front;
  }
}

/** The share, 0–1, of the way from `a` to `b` whose sphere is nearest to a point, for a limb of that taper. */
export function alongLimb(a: Point, b: Point, x: number, y: number, z: number, taper: number): number {
  const bx = b[0] - a[0];
  const by = b[1] - a[1];
  const bz = b[2] - a[2];
  const px = x - a[0];
  const py = y - a[1];
  const pz = z - a[2];
  const length2 = bx * bx + by * by + bz * bz;
  const foot = px * bx + py * by + pz * bz;
  const off2 = Math.max(0, px * px + py * py + pz * pz - (foot * foot) / length2);
  // On the tangent cone the nearest sphere lies aside of the foot of the perpendicular, by the cone's slope.
  const lean =
    taper === 0 ? 0 : taper * Math.sqrt((off2 * length2) / Math.max(1e-9, length2 - taper * taper));
  const k = (foot - lean) / length2;
  return Math.min(1, Math.max(0, k));
}

function normalise(at: SurfacePoint): void {
  const scale = 1 / Math.sqrt(at.nx * at.nx + at.ny * at.ny + at.nz * at.nz + 1e-12);
  at.nx *= scale;
  at.ny *= scale;
  at.nz *= scale;
}

/** Distance from a point to a shape, metres: exact for boxes, near enough for the others; negative inside. */
export function distanceTo(shape: Shape, x: number, y: number, z: number): number {
  if (shape.kind === 'limb') {
    const { a, b, radiusA, radiusB } = shape;
    const k = alongLimb(a, b, x, y, z, radiusA - radiusB);
    const dx = x - (a[0] + (b[0] - a[0]) * k);
    const dy = y - (a[1] + (b[1] - a[1]) * k);
    const dz = z - (a[2] + (b[2] - a[2]) * k);
    return Math.sqrt(dx * dx + dy * dy + dz * dz) - (radiusA + (radiusB - radiusA) * k);
  }
  const { center, half, cos, sin } = shape;
  const wx = x - center[0];
  const wz = z - center[2];
  const lx = Math.abs(wx * cos - wz * sin);
  const ly = Math.abs(y - center[1]);
  const lz = Math.abs(wx * sin + wz * cos);
  if (shape.kind === 'box') {
    const qx = lx - half[0];
    const qy = ly - half[1];
    const qz = lz - half[2];
    const inside = Math.min(0, Math.max(qx, qy, qz));
    const ox = Math.max(0, qx);
    const oy = Math.max(0, qy);
    const oz = Math.max(0, qz);
    return inside + Math.sqrt(ox * ox + oy * oy + oz * oz);
  }
  const ux = lx / half[0];
  const uy = ly / half[1];
  const uz = lz / half[2];
  const k0 = Math.sqrt(ux * ux + uy * uy + uz * uz);
  const gx = ux / half[0];
  const gy = uy / half[1];
  const gz = uz / half[2];
  return (k0 * (k0 - 1)) / Math.sqrt(gx * gx + gy * gy + gz * gz + 1e-12);
}
