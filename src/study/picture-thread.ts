/** A thread that draws the pictures of runs, so that training does not wait for them. */
import { Thread } from '../thread.js';
import type { drawRun, drawSamples } from './run-pictures.js';

/** The pictures of an epoch or of a run, as the arguments of the function that draws them. */
export type Pictures =
  | { readonly samples: Parameters<typeof drawSamples> }
  | { readonly run: Parameters<typeof drawRun> };

/** Draws on the thread that calls it. */
export async function drawPictures(pictures: Pictures): Promise<void> {
  const { drawRun, drawSamples } = await import('./run-pictures.js');
  await ('samples' in pictures ? drawSamples(...pictures.samples) : drawRun(...pictures.run));
}

/**
 * Draws on a thread of its own, which starts when this is made, and on the one that asks where there is none, or where it was lost.
 *
 * @example
 * const pictures = new PictureThread();
 * await pictures.draw({ run: [folder, { title, height, width, maxDepth, depthUnit }] });
 * await pictures.end();
 */
export class PictureThread {
  readonly #thread = startThread();

  /** Draws, and throws, as the function does whose arguments these are. */
  async draw(pictures: Pictures): Promise<void> {
    if (!(await this.#thread?.ask(pictures))) await drawPictures(pictures);
  }

  /** Ends the thread. What it has not drawn is drawn here. */
  async end(): Promise<void> {
    await this.#thread?.end();
  }
}

function startThread(): Thread<Pictures, true> | undefined {
  if (!Thread.isPossible) return undefined;
  try {
    return new Thread(new URL('./picture-worker.js', import.meta.url));
  } catch {
    // The machine gives no more threads.
    return undefined;
  }
}
