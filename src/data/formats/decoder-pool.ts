/** Reads and decodes samples on several threads, once there are enough of them. */

import { availableParallelism } from 'node:os';
import { Thread } from '../../thread.js';
import { type Decoder, DecoderThread } from './decoder-thread.js';
import type { FilePlace } from './file-source.js';
import {
  type FileOptions,
  type PerFile,
  type SampleBytes,
  type SamplePlanes,
  sampleDecoder,
} from './sample-decoder.js';

/** A sample that has not been read. */
export interface StoredSample {
  /** For other threads. */
  readonly places: PerFile<FilePlace>;
  /** For this one. */
  read(): Promise<SampleBytes>;
}

/** Samples before threads are started: one takes as long to start as some hundred samples to decode. */
const samplesBefore = 16;

/** Most threads beside the main one, which keeps their results. */
const maxThreads = 4;

/** Samples that each thread has before the main one decodes too: one, and some more in case the main thread is busy when it is done. */
const firstLoad = 3;

/** Samples that a thread has at most: the main one may be busy for long, with loading what trains, before it can give it more. */
const maxLoad = 48;

/** Samples under way on the main thread while it is alone: sharp decodes large pictures on libuv's threads. */
const maxAlone = 16;

/** Milliseconds without work after which threads end: a data set is decoded once, and then they only take up memory. */
const idleAfter = 500;

interface Task {
  readonly decoder: Decoder;
  readonly sample: StoredSample;
  resolve(planes: SamplePlanes): void;
  reject(error: unknown): void;
}

/** The threads of the process, and what waits for them. */
class DecoderPool {
  readonly #waiting: Task[] = [];
  #threads: DecoderThread[] = [];
  #begun = 0;
  #onMain = 0;
  #underWay = 0;
  #scheduled?: NodeJS.Immediate;
  #idle?: NodeJS.Timeout;

  decode(decoder: Decoder, sample: StoredSample): Promise<SamplePlanes> {
    return new Promise((resolve, reject) => {
      clearTimeout(this.#idle);
      this.#waiting.push({ decoder, sample, resolve, reject });
      this.#schedule();
    });
  }

  /** Distributes after the replies that threads have sent meanwhile, so that they have work before the main thread does. */
  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#distribute();
    });
  }

  /** Gives out what waits, in order, first to the other threads. */
  #distribute(): void {
    while (this.#waiting.length > 0) {
      const [least] = this.#threads.filter(({ isReady }) => isReady).sort((a, b) => a.load - b.load);
      const mainIsFree = this.#onMain < (least ? 1 : maxAlone);
      const thread = least && least.load < (mainIsFree ? firstLoad : maxLoad) ? least : undefined;
      if (!thread && !mainIsFree) return;
      const task = this.#waiting.shift()!;
      if (++this.#begun === samplesBefore) this.#start();
      this.#underWay++;
      const work = thread ? this.#decodeOn(thread, task) : this.#decodeOnMain(task);
      work.then(task.resolve, task.reject).finally(() => this.#done());
    }
  }

  async #decodeOn(thread: DecoderThread, { decoder, sample }: Task): Promise<SamplePlanes> {
    // A lost thread says nothing about the sample.
    return (await thread.decode(decoder, sample.places)) ?? decoder.decode(await sample.read());
  }

  async #decodeOnMain({ decoder, sample }: Task): Promise<SamplePlanes> {
    this.#onMain++;
    try {
      return await decoder.decode(await sample.read());
    } finally {
      this.#onMain--;
    }
  }

  #done(): void {
    this.#underWay--;
    if (this.#waiting.length > 0) this.#schedule();
    else if (this.#underWay === 0) this.#idle = setTimeout(() => this.#end(), idleAfter).unref();
  }

  #start(): void {
    if (!Thread.isPossible) return;
    const count = Math.min(maxThreads, availableParallelism() - 1);
    try {
      for (let i = 0; i < count; i++) this.#threads.push(new DecoderThread());
    } catch {
      // The machine gives no more threads; those there are will do.
    }
  }

  #end(): void {
    for (const thread of this.#threads) thread.end();
    this.#threads = [];
    this.#begun = 0;
  }
}

const pool = new DecoderPool();
let decoders = 0;

/**
 * Makes what reads and decodes the samples of a data set as {@link sampleDecoder} does, on several threads once there have been some
 * samples. None is started before there is work for it, and none stays when there is none. Samples may wait in any number.
 */
export function pooledDecoder(options: FileOptions): (sample: StoredSample) => Promise<SamplePlanes> {
  const decoder: Decoder = { id: decoders++, options, decode: sampleDecoder(options) };
  return (sample) => pool.decode(decoder, sample);
}
