/** The contract of a network with two outputs. */
import type { Tensor } from '../graph/index.js';
import type { Scope } from '../nn/scope.js';

/** Raw outputs; the predictions are their sigmoids. */
export interface Logits {
  /** `[N, 1, H, W]` */
  readonly segmentation: Tensor;
  /** `[N, 1, H, W]`, of depth divided by the data set's maximum. */
  readonly depth: Tensor;
}

/** A network architecture. */
export interface Model {
  readonly name: string;
  /** One line for the manual. */
  readonly summary: string;
  /** Height and width must be divisible by this. */
  readonly stride: number;
  /** Scopes of the parameters that both outputs share, before their decoders. */
  readonly shared: readonly string[];
  /**
   * Builds the graph for an input `[N, C, H, W]` of values 0–1. `width` is the number of channels at full
   * resolution and scales every other layer.
   */
  build(scope: Scope, x: Tensor, width: number): Logits;
}
