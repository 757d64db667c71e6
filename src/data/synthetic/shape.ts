/** The three primitives that everything in a room is made of, and bodies: groups of them that move and shade as one. */
import type { Point } from './camera.js';
import type { Texture } from './texture.js';

/** How a surface looks: its texture, another on the front (local +z) of a box, and whether it shines by itself. */
export interface Material {
  readonly texture: Texture;
  readonly front?: Texture;
  /** Radiance as a multiple of the texture's colour; 0 is lit by the room. */
  readonly glow: number;
}

/** A box or ellipsoid: centre, half sizes, and rotation about the vertical axis. */
export interface Solid {
  readonly kind: 'box' | 'ellipsoid';
  readonly center: Point;
  readonly half: Point;
  readonly cos: number;
  readonly sin: number;
  readonly radius: number;
  readonly material: Material;
}

/** The hull of two spheres: a limb; a cylinder with round ends when the radii agree. */
export interface Limb {
  readonly kind: 'limb';
  readonly a: Point;
  readonly b: Point;
  readonly radiusA: number;
  readonly radiusB: number;
  /** Centre and radius of a sphere around it. */
  readonly center: Point;
  readonly radius: number;
  readonly material: Material;
}

/** A primitive. Sizes and positions in metres, in room coordinates. */
export type Shape = Solid | Limb;

/** Shapes that belong together, and the corners of the upright box around them. */
export interface Body {
  readonly shapes: readonly Shape[];
  readonly low: Point;
  readonly high: Point;
}

/** Collects shapes given in the local frame of a piece: x to its left, y up, z to its front, origin on the floor. */
export interface Builder {
  /** A box by centre and half sizes. */
  box(center: Point, half: Point, look: Texture | Material): void;
  /** An ellipsoid by centre and half axes. */
  ellipsoid(center: Point, half: Point, look: Texture | Material): void;
  /** A limb between two points, further apart than their radii differ. */
  limb(a: Point, b: Point, radiusA: number, radiusB: number, look: Texture | Material): void;
  /** Everything collected so far. */
  body(): Body;
}

/**
 * A builder whose local frame stands at `origin`, its front turned by `yaw` from +z towards +x.
 *
 * @example
 * const builder = createBuilder([2, 0, 3], Math.PI);
 * builder.box([0, 0.4, 0], [0.5, 0.4, 0.3], plain(hex('#8a5a3b')));
 * const chest = builder.body();
 */
export function createBuilder(origin: Point, yaw: number): Builder {
  const shapes: Shape[] = [];
  const cos = Math.cos(yaw);
  const sin = Math.sin(yaw);
  const world = ([x, y, z]: Point): Point => [
    origin[0] + x * cos + z * sin,
    origin[1] + y,
    origin[2] - x * sin + z * cos,
  ];
  const material = (look: Texture | Material): Material =>
    typeof look === 'function' ? { texture: look, glow: 0 } : look;
  const solid = (kind: Solid['kind'], center: Point, half: Point, look: Texture | Material): void => {
    const radius = kind === 'box' ? Math.sqrt(half[0] ** 2 + half[1] ** 2 + half[2] ** 2) : Math.max(...half);
    shapes.push({ kind, center: world(center), half, cos, sin, radius, material: material(look) });
  };
  return {
    box: (center, half, look) => solid('box', center, half, look),
    ellipsoid: (center, half, look) => solid('ellipsoid', center, half, look),
    limb: (a, b, radiusA, radiusB, look) => {
      const [p, q] = [world(a), world(b)];
      const length = Math.sqrt((q[0] - p[0]) ** 2 + (q[1] - p[1]) ** 2 + (q[2] - p[2]) ** 2);
      shapes.push({
        kind: 'limb',
        a: p,
        b: q,
        radiusA,
        radiusB,
        center: [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2, (p[2] + q[2]) / 2],
        radius: length / 2 + Math.max(radiusA, radiusB),
        material: material(look),
      });
    },
    body: () => enclose(shapes),
  };
}

/** Half the extents of the upright box around a solid. */
function extent({ half, cos, sin }: Solid): Point {
  const [c, s] = [Math.abs(cos), Math.abs(sin)];
  return [c * half[0] + s * half[2], half[1], s * half[0] + c * half[2]];
}

/** The least (`sign` -1) or greatest (`sign` 1) coordinate of a shape along an axis. */
function bound(shape: Shape, axis: number, sign: number): number {
  if (shape.kind !== 'limb') return shape.center[axis] + sign * extent(shape)[axis];
  const ends = [shape.a[axis] + sign * shape.radiusA, shape.b[axis] + sign * shape.radiusB];
  return sign < 0 ? Math.min(...ends) : Math.max(...ends);
}

/** A body of the given shapes. */
function enclose(shapes: readonly Shape[]): Body {
  const low = (axis: number) => Math.min(...shapes.map((shape) => bound(shape, axis, -1)));
  const high = (axis: number) => Math.max(...shapes.map((shape) => bound(shape, axis, 1)));
  return { shapes: shapes.slice(), low: [low(0), low(1), low(2)], high: [high(0), high(1), high(2)] };
}
