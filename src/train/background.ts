/** Work that goes on beside other work, such as files and pictures beside training. */

type Work = () => Promise<void>;

/** Takes some work at a time. */
export interface Background {
  /** Starts pieces of work side by side, when those before have ended. Throws what one of those threw. */
  start(...pieces: readonly Work[]): Promise<void>;
  /** Waits for the pieces that were started last. Throws what one of them threw. */
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
    async start(...pieces) {
      await running;
      running = allEnded(pieces);
      // Whoever waits for them hears of a failure.
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

async function allEnded(pieces: readonly Work[]): Promise<void> {
  const results = await Promise.allSettled(pieces.map(async (piece) => piece()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
