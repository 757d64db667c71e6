/** Work that goes on beside other work, such as files and pictures beside training. */

type Work = () => Promise<void>;

/** Takes one piece of work at a time. */
export interface Background {
  /** Starts work when that before has ended. Throws what that threw. */
  start(work: Work): Promise<void>;
  /** Waits for the work that was started last. Throws what it threw. */
  ended(): Promise<void>;
}

/**
 * Does `work` with a background. When this returns or throws, nothing is left running there, and its error is thrown unless `work` has
 * thrown another one.
 *
 * @example await withBackground(async (background) => { for (const run of runs) { await train(run); await background.start(() => draw(run)); } });
 */
export async function withBackground<T>(work: (background: Background) => Promise<T>): Promise<T> {
  let running = Promise.resolve();
  const background: Background = {
    async start(piece) {
      await running;
      running = piece();
      // Whoever waits for it hears of a failure.
      running.catch(() => {});
    },
    ended: () => running,
  };
  try {
    const result = await work(background);
    await running;
    return result;
  } finally {
    await Promise.allSettled([running]);
  }
}
