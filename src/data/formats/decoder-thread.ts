/** A thread that reads and decodes samples, seen from the main thread. */

import { Worker } from 'node:worker_threads';
import { receiveError } from '../../errors.js';
import type { DecodeReply, DecodeRequest } from './decoder-messages.js';
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

interface Pending {
  resolve(planes: SamplePlanes | undefined): void;
  reject(error: unknown): void;
}

/** Starts the thread when it is made; it is ready some tenths of a second later. */
export class DecoderThread {
  /** Whether threads can be started: they load no TypeScript, which is what tests of the sources run. */
  static readonly isPossible = import.meta.url.endsWith('.js');

  // Flags of the process, such as --input-type, are not meant for it.
  readonly #worker = new Worker(new URL('./decoder-worker.js', import.meta.url), { execArgv: [] });
  /** Data sets whose options it has. */
  readonly #known = new Set<number>();
  readonly #pending = new Map<number, Pending>();
  #sent = 0;
  #isReady = false;

  constructor() {
    // Only work keeps the process alive.
    this.#worker.unref();
    this.#worker.on('message', (reply: DecodeReply) => this.#receive(reply));
    this.#worker.on('error', () => this.#lose());
    this.#worker.on('exit', () => this.#lose());
  }

  /** Whether it has loaded its modules, and lives. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Samples that it has been sent and not answered. */
  get load(): number {
    return this.#pending.size;
  }

  /** Reads and decodes a sample, and throws, as `decoder` does. Undefined when the thread was lost meanwhile. */
  decode(decoder: Decoder, places: PerFile<FilePlace>): Promise<SamplePlanes | undefined> {
    const id = this.#sent++;
    const options = this.#known.has(decoder.id) ? undefined : decoder.options;
    this.#known.add(decoder.id);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, decoder: decoder.id, options, places } satisfies DecodeRequest);
    });
  }

  end(): void {
    this.#worker.terminate();
  }

  #receive(reply: DecodeReply): void {
    if ('ready' in reply) {
      this.#isReady = true;
      return;
    }
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ('planes' in reply) pending?.resolve(reply.planes);
    else pending?.reject(receiveError(reply));
  }

  #lose(): void {
    this.#isReady = false;
    for (const { resolve } of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
  }
}
