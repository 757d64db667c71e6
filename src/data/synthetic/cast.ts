/** Ray casting: one shape at a time over the samples that may see it, the nearest hit kept as in a z-buffer. */
import { type Camera, dot, type Point, project } from './camera.js';
import type { Limb, Shape, Solid } from './shape.js';

/** A grid of samples of the image plane. `depth` is z-depth in metres, `id` what was hit there. */
export interface Hits {
  readonly rows: number;
  readonly columns: number;
  readonly depth: Float64Array;
  readonly id: Int16Array;
}

/** An empty grid. */
export function createHits(rows: number, columns: number): Hits {
  return { rows, columns, depth: new Float64Array(rows * columns), id: new Int16Array(rows * columns) };
}

/** Hits nearer than this to the image plane of the camera are not seen, metres. */
const nearest = 0.05;

/** Horizontal position of a column's samples on the image plane one metre away; rows alike, downwards negative. */
export function planeX(camera: Camera, column: number, columns: number): number {
  return (((column + 0.5) / columns) * 2 - 1) * camera.tanX;
}

/** Vertical position of a row's samples on the image plane one metre away. */
export function planeY(camera: Camera, row: number, rows: number): number {
  return (1 - ((row + 0.5) / rows) * 2) * camera.tanY;
}

/**
 * Fills the grid with the inside of an empty room `[0, x] × [0, y] × [0, z]` that the camera stands in.
 * The ids are 0 and 1 for the low and high x wall, 2 floor, 3 ceiling, 4 and 5 for the z walls.
 */
export function castRoom(hits: Hits, camera: Camera, size: Point): void {
  const [ox, oy, oz] = camera.position;
  const { forward: f, right: r, up: u } = camera;
  for (let row = 0, at = 0; row < hits.rows; row++) {
    const b = planeY(camera, row, hits.rows);
    for (let column = 0; column < hits.columns; column++, at++) {
      const a = planeX(camera, column, hits.columns);
      const dx = f[0] + a * r[0] + b * u[0];
      const dy = f[1] + a * r[1] + b * u[1];
      const dz = f[2] + a * r[2] + b * u[2];
      const tx = ((dx > 0 ? size[0] : 0) - ox) / dx;
      const ty = ((dy > 0 ? size[1] : 0) - oy) / dy;
      const tz = ((dz > 0 ? size[2] : 0) - oz) / dz;
      // A ray parallel to a pair of walls divides by zero: infinity, which never is the least.
      if (tx < ty && tx < tz) {
        hits.depth[at] = tx;
        hits.id[at] = dx > 0 ? 1 : 0;
      } else if (ty < tz) {
        hits.depth[at] = ty;
        hits.id[at] = dy > 0 ? 3 : 2;
      } else {
        hits.depth[at] = tz;
        hits.id[at] = dz > 0 ? 5 : 4;
      }
    }
  }
}

/** Records `id` wherever the shape is nearer than what the grid holds. */
export function castShape(hits: Hits, camera: Camera, shape: Shape, id: number): void {
  if (shape.kind === 'limb') castLimb(hits, camera, shape, id);
  else castSolid(hits, camera, shape, id);
}

/**
 * Boxes and ellipsoids: in the frame where the solid is the unit cube or sphere, which is affine and keeps the ray
 * parameter.
 */
function castSolid(hits: Hits, camera: Camera, solid: Solid, id: number): void {
  const { rows, columns, depth, id: ids } = hits;
  const { cos, sin, half, center } = solid;
  const local = (v: Point): Point => [
    (v[0] * cos - v[2] * sin) / half[0],
    v[1] / half[1],
    (v[0] * sin + v[2] * cos) / half[2],
  ];
  const p = camera.position;
  const [ox, oy, oz] = local([p[0] - center[0], p[1] - center[1], p[2] - center[2]]);
  const [fx, fy, fz] = local(camera.forward);
  const [rx, ry, rz] = local(camera.right);
  const [ux, uy, uz] = local(camera.up);
  const isBox = solid.kind === 'box';
  const outside = ox * ox + oy * oy + oz * oz - 1;
  const { left, right, top, bottom } = project(camera, center, solid.radius, rows, columns);
  for (let row = top; row < bottom; row++) {
    const b = planeY(camera, row, rows);
    for (let column = left; column < right; column++) {
      const a = planeX(camera, column, columns);
      const dx = fx + a * rx + b * ux;
      const dy = fy + a * ry + b * uy;
      const dz = fz + a * rz + b * uz;
      let t: number;
      if (isBox) {
        const ix = 1 / dx;
        const iy = 1 / dy;
        const iz = 1 / dz;
        const ax = ix < 0 ? -ix : ix;
        const ay = iy < 0 ? -iy : iy;
        const az = iz < 0 ? -iz : iz;
        t = Math.max(-ox * ix - ax, -oy * iy - ay, -oz * iz - az);
        if (!(t < Math.min(-ox * ix + ax, -oy * iy + ay, -oz * iz + az))) continue;
      } else {
        const square = dx * dx + dy * dy + dz * dz;
        const along = ox * dx + oy * dy + oz * dz;
        const root = along * along - square * outside;
        if (root < 0) continue;
        t = (-along - Math.sqrt(root)) / square;
      }
      const at = row * columns + column;
      if (t > nearest && t < depth[at]) {
        depth[at] = t;
        ids[at] = id;
      }
    }
  }
}

/** Limbs: the tangent cone between the two spheres, else the spheres (Quilez, "rounded cone"), for unnormalised rays. */
function castLimb(hits: Hits, camera: Camera, limb: Limb, id: number): void {
  const { rows, columns, depth, id: ids } = hits;
  const { position: p, forward: f, right: r, up: u } = camera;
  const { a: pa, b: pb, radiusA, radiusB } = limb;
  const ba: Point = [pb[0] - pa[0], pb[1] - pa[1], pb[2] - pa[2]];
  const oa: Point = [p[0] - pa[0], p[1] - pa[1], p[2] - pa[2]];
  const ob: Point = [p[0] - pb[0], p[1] - pb[1], p[2] - pb[2]];
  const taper = radiusA - radiusB;
  const length2 = dot(ba, ba);
  const m1 = dot(ba, oa);
  const slope2 = length2 - taper * taper;
  const outsideA = dot(oa, oa) - radiusA * radiusA;
  const outsideB = dot(ob, ob) - radiusB * radiusB;
  const k0 = slope2 * dot(oa, oa) - m1 * m1 + m1 * taper * radiusA * 2 - length2 * radiusA * radiusA;
  const { left, right, top, bottom } = project(camera, limb.center, limb.radius, rows, columns);
  for (let row = top; row < bottom; row++) {
    const b = planeY(camera, row, rows);
    for (let column = left; column < right; column++) {
      const a = planeX(camera, column, columns);
      const dx = f[0] + a * r[0] + b * u[0];
      const dy = f[1] + a * r[1] + b * u[1];
      const dz = f[2] + a * r[2] + b * u[2];
      const square = dx * dx + dy * dy + dz * dz;
      const m2 = ba[0] * dx + ba[1] * dy + ba[2] * dz;
      const m3 = oa[0] * dx + oa[1] * dy + oa[2] * dz;
      const m6 = ob[0] * dx + ob[1] * dy + ob[2] * dz;
      const k2 = slope2 * square - m2 * m2;
      const k1 = slope2 * m3 - m1 * m2 + m2 * taper * radiusA;
      const root = k1 * k1 - k0 * k2;
      if (root < 0) continue;
      let t = (-Math.sqrt(root) - k1) / k2;
      const y = m1 - radiusA * taper + t * m2;
      if (!(y > 0 && y < slope2)) {
        const rootA = m3 * m3 - square * outsideA;
        const rootB = m6 * m6 - square * outsideB;
        t = Number.POSITIVE_INFINITY;
        if (rootA > 0) t = (-m3 - Math.sqrt(rootA)) / square;
        if (rootB > 0) t = Math.min(t, (-m6 - Math.sqrt(rootB)) / square);
      }
      const at = row * columns + column;
      if (t > nearest && t < depth[at]) {
        depth[at] = t;
        ids[at] = id;
      }
    }
  }
}
