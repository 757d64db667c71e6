/** A thread that reads and decodes samples, seen from the main thread. */

import { Thread } from '../../thread.js';
import type { FilePlace } from './file-source.js';
import type { DecodeSample, FileOptions, PerFile, SamplePlanes } from './sample-decoder.js';

/** How the samples of one data set are decoded. */
export interface Decoder {
  /** Unique in the process. */
  readonly id: number;
  readonly options: FileOptions;
  /** On the thread that calls it. */
  readonly decode: DecodeSample;
}

/** A sample to read and decode. */
export interface DecodeRequest {
  /** Which data set it is of. */
  readonly decoder: number;
  /** With the first sample of a data set. */
  readonly options?: FileOptions;
  readonly places: PerFile<FilePlace>;
}

/** Starts the thread when it is made. */
export class DecoderThread {
  readonly #thread = new Thread<DecodeRequest, SamplePlanes>(new URL('./decoder-worker.js', import.meta.url));
  /** Data sets whose options it has. */
  readonly #known = new Set<number>();

  /** Whether it has loaded its modules, and lives. */
  get isReady(): boolean {
    return this.#thread.isReady;
  }

  /** Samples that it has been sent and not answered. */
  get load(): number {
    return this.#thread.load;
  }

  /** Reads and decodes a sample, and throws, as `decoder` does. Undefined when the thread was lost meanwhile. */
  decode({ id, options }: Decoder, places: PerFile<FilePlace>): Promise<SamplePlanes | undefined> {
    const isKnown = this.#known.has(id);
    this.#known.add(id);
    return this.#thread.ask({ decoder: id, options: isKnown ? undefined : options, places });
  }

  end(): void {
    this.#thread.end();
  }
}
