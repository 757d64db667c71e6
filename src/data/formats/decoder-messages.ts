/** What the main thread and those that decode say to each other. */
import type { SentError } from '../../errors.js';
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

/** What became of request `id`; `ready` once, when its modules are loaded. */
export type DecodeReply =
  | { readonly ready: true }
  | { readonly id: number; readonly planes: SamplePlanes }
  | ({ readonly id: number } & SentError);
