/** What a scene is: an empty room with its light and furniture, as the generator builds it and the renderer shows it. */
import type { Point } from './camera.js';
import type { Rgb } from './color.js';
import type { Body } from './shape.js';
import type { Texture } from './texture.js';

/** A ceiling lamp and the light that comes from everywhere else. */
export interface Lighting {
  readonly lamp: Point;
  readonly lampColor: Rgb;
  readonly ambientColor: Rgb;
  /** Direction into the room of the light from its windows, horizontal. */
  readonly windowDirection: Point;
}

/** Ground that something stands on: the sides of an upright rectangle, metres. */
export interface Footprint {
  readonly x0: number;
  readonly x1: number;
  readonly z0: number;
  readonly z1: number;
}

/** A furnished room. The camera stands near `z = 0` and looks towards larger z. */
export interface Scene {
  /** The room is `[0, x] × [0, y] × [0, z]`, metres. */
  readonly size: Point;
  /** Low and high x wall, floor, ceiling, low and high z wall. */
  readonly textures: readonly Texture[];
  readonly lighting: Lighting;
  /** Casts shadows. */
  readonly furniture: readonly Body[];
  /** Flat things that cast none: pictures, windows, doors, rugs, the lamp itself. */
  readonly decor: readonly Body[];
  /** Ground that is taken. */
  readonly footprints: readonly Footprint[];
  /** Where the camera stands and looks before each sample moves it a little. */
  readonly view: { readonly position: Point; readonly yaw: number; readonly pitch: number };
}
