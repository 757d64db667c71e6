/** A thread that draws the pictures of runs, so that training does not wait for them. */
import { Worker } from 'node:worker_threads';
import { receiveError, type SentError } from '../errors.js';
import type { drawRun, drawSamples } from './run-pictures.js';

/** The pictures of an epoch or of a run, as the arguments of the function that draws them. */
export type Pictures =
  | { readonly samples: Parameters<typeof drawSamples> }
  | { readonly run: Parameters<typeof drawRun> };

/** What the thread is asked for. */
export interface PictureRequest {
  readonly id: number;
  readonly pictures: Pictures;
}

/** What became of request `id`: drawn, unless it says otherwise. */
export interface PictureReply {
  readonly id: number;
  readonly failure?: SentError;
}

/** Draws on the thread that calls it. */
export async function drawPictures(pictures: Pictures): Promise<void> {
  const { drawRun, drawSamples } = await import('./run-pictures.js');
  await ('samples' in pictures ? drawSamples(...pictures.samples) : drawRun(...pictures.run));
}

interface Pending {
  readonly pictures: Pictures;
  resolve(value: Promise<void> | undefined): void;
  reject(error: unknown): void;
}

/** Threads load no TypeScript, which is what tests of the sources run. */
const isPossible = import.meta.url.endsWith('.js');

/**
 * Draws on a thread of its own, which starts when this is made, and on the one that asks where there is none, or where it was lost.
 *
 * @example
 * const pictures = new PictureThread();
 * await pictures.draw({ run: [folder, { title, height, width, maxDepth, depthUnit }] });
 * await pictures.end();
 */
export class PictureThread {
  #worker?: Worker;
  readonly #pending = new Map<number, Pending>();
  #sent = 0;

  constructor() {
    if (!isPossible) return;
    try {
      // Flags of the process, such as --input-type, are not meant for it.
      this.#worker = new Worker(new URL('./picture-worker.js', import.meta.url), { execArgv: [] });
    } catch {
      // The machine gives no more threads.
      return;
    }
    // Only work keeps the process alive.
    this.#worker.unref();
    this.#worker.on('message', (reply: PictureReply) => this.#receive(reply));
    this.#worker.on('error', () => this.#lose());
    this.#worker.on('exit', () => this.#lose());
  }

  /** Draws, and throws, as the function does whose arguments these are. */
  async draw(pictures: Pictures): Promise<void> {
    const worker = this.#worker;
    if (!worker) return drawPictures(pictures);
    const id = this.#sent++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { pictures, resolve, reject });
      worker.ref();
      worker.postMessage({ id, pictures } satisfies PictureRequest);
    });
  }

  /** Ends the thread. What it has not drawn is drawn here. */
  async end(): Promise<void> {
    await this.#worker?.terminate();
  }

  #receive({ id, failure }: PictureReply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker?.unref();
    if (failure) pending?.reject(receiveError(failure));
    else pending?.resolve(undefined);
  }

  #lose(): void {
    this.#worker = undefined;
    for (const { pictures, resolve } of this.#pending.values()) resolve(drawPictures(pictures));
    this.#pending.clear();
  }
}
