/** The contract of a compiled graph that can be run, whatever runs it. */
import type { LoweringTarget } from '../graph/index.js';
import type { Port } from '../onnx/lower.js';

/** Values of one port; uint8 and bool are bytes. */
export type Values = Float32Array | BigInt64Array | Uint8Array;

/** Values by port name. */
export type Feeds = Readonly<Record<string, Values>>;

/** Where and how a graph runs. */
export interface RuntimeOptions {
  /** Execution provider; `cpu` by default. */
  readonly device?: LoweringTarget;
  /** Threads of the CPU provider; 0 (the default) takes one a core. */
  readonly threads?: number;
  /**
   * Whether onnxruntime looks for optimisations beyond those of the lowering; true unless given. It finds some where
   * weights are constants; where they are inputs it finds none, and looking takes as long as several steps.
   */
  readonly optimise?: boolean;
  /**
   * Whether the CPU provider's threads keep looking for work for some 30 ms after a run, so that the next one starts sooner; true
   * unless given. Whatever else wants a core has to share it with them.
   */
  readonly spin?: boolean;
  /** Path prefix of an onnxruntime profile, written when the executable is disposed. */
  readonly profile?: string;
}

/** A compiled graph. */
export interface Executable {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /**
   * Runs the graph. `fetches` are buffers to write outputs into; other outputs get new arrays.
   * Rejects with a FathomError of code `internal` that names a port fed with the wrong number of values.
   */
  run(feeds: Feeds, fetches?: Readonly<Record<string, Values>>): Promise<Record<string, Values>>;
  dispose(): Promise<void>;
}
