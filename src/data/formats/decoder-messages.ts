/** What the main thread and those that decode say to each other. */
import type { FathomError } from '../../errors.js';
import type { FilePlace } from './file-source.js';
import type { FileOptions, PerFile, SamplePlanes } from './sample-decoder.js';

/** A sample to read and decode. */
export interface DecodeRequest {
  readonly id: number;
  /** Which data set it is of. */
  readonly decoder: number;
  /** With the first sample of a data set. */
  readonly options?: FileOptions;
  readonly places: PerFile<FilePlace>;
}

/**
 * What became of request `id`; `ready` once, when its modules are loaded. An error loses its class on the way, so the fields of a
 * FathomError are sent in its place.
 */
export type DecodeReply =
  | { readonly ready: true }
  | { readonly id: number; readonly planes: SamplePlanes }
  | { readonly id: number; readonly refused: Pick<FathomError, 'code' | 'message' | 'hint'> }
  | { readonly id: number; readonly error: unknown };
