/** A pinhole camera whose ray parameter is z-depth: each ray moves one metre along the optical axis per unit. */

/** Three coordinates in metres: x to the right, y up, z into the room. */
export type Point = readonly [x: number, y: number, z: number];

/** Position, orthonormal axes, and half extents of the image plane one metre in front. */
export interface Camera {
  readonly position: Point;
  readonly forward: Point;
  readonly right: Point;
  readonly up: Point;
  readonly tanX: number;
  readonly tanY: number;
}

/**
 * A camera at `position`, turned by `yaw` (radians, to the right) and `pitch` (radians, upwards).
 * A square image sees 70° both ways; other shapes keep the area of the image plane.
 *
 * @param height rows of the image
 * @param width columns of the image
 * @example createCamera([2, 1.5, 0.5], 0, -0.1, 64, 64)
 */
export function createCamera(
  position: Point,
  yaw: number,
  pitch: number,
  height: number,
  width: number,
): Camera {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const aspect = Math.sqrt(width / height);
  return {
    position,
    forward: [sy * cp, sp, cy * cp],
    right: [cy, 0, -sy],
    up: [-sy * sp, cp, -cy * sp],
    tanX: 0.7 * aspect,
    tanY: 0.7 / aspect,
  };
}

/** Inner product of two vectors. */
export function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Columns and rows of samples that a sphere can touch, ends excluded. */
export interface Window {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The part of a `rows` × `columns` grid of samples that may see a sphere; empty when it is behind the camera. */
export function project(
  camera: Camera,
  center: Point,
  radius: number,
  rows: number,
  columns: number,
): Window {
  const offset: Point = [
    center[0] - camera.position[0],
    center[1] - camera.position[1],
    center[2] - camera.position[2],
  ];
  const z = dot(offset, camera.forward);
  if (z < -radius) return { left: 0, right: 0, top: 0, bottom: 0 };
  if (z - radius < 0.05) return { left: 0, right: columns, top: 0, bottom: rows };
  const range = (middle: number, tan: number, count: number, flip: number): [number, number] => {
    const low = middle - radius;
    const high = middle + radius;
    const near = low / (low < 0 ? z - radius : z + radius) / tan;
    const far = high / (high < 0 ? z + radius : z - radius) / tan;
    const [from, to] = flip < 0 ? [-far, -near] : [near, far];
    const clip = (at: number) => Math.min(count, Math.max(0, at));
    return [clip(Math.floor(((from + 1) / 2) * count)), clip(Math.ceil(((to + 1) / 2) * count))];
  };
  const [left, right] = range(dot(offset, camera.right), camera.tanX, columns, 1);
  const [top, bottom] = range(dot(offset, camera.up), camera.tanY, rows, -1);
  return { left, right, top, bottom };
}
