/** The contract every data source keeps: samples of one fixed size, packed as small integers, read by index. */

/**
 * One image with its truth. All planes have the data set's `height` and `width`, row by row.
 * Channels are planar: `[3, H, W]`.
 */
export interface Sample {
  /** Stable name, such as the file's stem; unique within the data set. */
  readonly id: string;
  /** Samples of one scene (a room, a background) never fall into different splits. */
  readonly scene: string;
  /** `[3, H, W]` sRGB, 0–255: what the network sees. */
  readonly image: Uint8Array;
  /** `[3, H, W]` sRGB, 0–255: the empty scene, where the data set has it. */
  readonly background?: Uint8Array;
  /** `[H, W]` foreground coverage, 0–255. */
  readonly mask: Uint8Array;
  /** `[H, W]` depth as a fraction of the data set's `maxDepth`: 65535 is `maxDepth`. */
  readonly depth: Uint16Array;
  /** `[H, W]` 1 where the mask is known, 0 where it must not be counted. */
  readonly maskValid: Uint8Array;
  /** `[H, W]` 1 where the depth is known, 0 where it must not be counted. */
  readonly depthValid: Uint8Array;
}

/** A source of samples. `read` may be called in any order and concurrently; the same index gives the same bytes. */
export interface Dataset {
  readonly name: string;
  readonly length: number;
  readonly height: number;
  readonly width: number;
  readonly hasBackground: boolean;
  /** Metres at a normalised depth of 1; 1 when the unit is unknown. */
  readonly maxDepth: number;
  /** Unit of `maxDepth`, for labels: `m`, or `` where depth is relative. */
  readonly depthUnit: string;
  /** Reads sample `index`. Throws a FathomError of code `data` that names the file. */
  read(index: number): Promise<Sample>;
  /** Size of the image file of sample `index`, before it is brought to `height` × `width`. */
  sourceSize?(index: number): Promise<{ readonly height: number; readonly width: number }>;
  /** Scene of sample `index`, without reading it. */
  scene(index: number): string;
  /** A hash of everything that decides the samples' bytes; names the cache. */
  readonly fingerprint: string;
  close?(): Promise<void>;
}

/** Indices into a data set for each disjoint part. */
export interface Splits {
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

/**
 * A batch ready to feed: the integers of its samples, `[N, C, H, W]`: images and mask 0–255, depth 0–65535 as float32, valid maps 0
 * or 1. The graph divides them.
 */
export interface Batch {
  readonly size: number;
  readonly image: Uint8Array;
  readonly background?: Uint8Array;
  readonly mask: Uint8Array;
  readonly depth: Float32Array;
  readonly maskValid: Uint8Array;
  readonly depthValid: Uint8Array;
  /** Signed distance to the mask's boundary in pixels, negative inside; only where it was asked for. */
  readonly distance?: Float32Array;
  readonly ids: readonly string[];
}
