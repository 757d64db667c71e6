/** Pictures that are drawn beside training, on a thread of their own. */
import { BackgroundThread, type CallableModule, type Caller } from '../background-thread.js';
import { type Background, withBackground } from '../train/background.js';

/** The functions that draw the pictures of one run. */
export const runPictures: CallableModule<typeof import('./run-pictures.js')> = {
  url: new URL('./run-pictures.js', import.meta.url).href,
  load: () => import('./run-pictures.js'),
};

/** Pictures that may wait to be drawn. One takes seconds while networks are trained, and epochs of a small network as long. */
const mostPending = 4;

/** Draws one thing after another beside other work. */
export interface Pictures extends Background {
  /** Where they are drawn, and whatever else must hold up no training. */
  readonly thread: Caller;
  /** Starts the thread, so that it is ready when there is something to draw. */
  prepare(): void;
}

/**
 * Does `work` while pictures are drawn. When this returns or throws, none is left to draw, and the error of one that could not be
 * drawn is thrown unless `work` has thrown another one.
 *
 * @example await withPictures(async (pictures) => { await pictures.start(() => pictures.thread.call(runPictures, 'drawRun', folder, labels)); });
 */
export async function withPictures<T>(work: (pictures: Pictures) => Promise<T>): Promise<T> {
  const thread = new BackgroundThread();
  try {
    return await withBackground(
      (background) => work({ ...background, thread, prepare: () => thread.prepare(runPictures) }),
      mostPending,
    );
  } finally {
    await thread.end();
  }
}
