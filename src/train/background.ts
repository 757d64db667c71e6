/** Work that goes on beside other work, such as files and pictures beside training. */

type Work = () => Promise<void>;

/** Does one piece of work after another. */
export interface Background {
  /** Hands over a piece of work, and waits while there is as much to do as there may be. Throws what earlier work threw. */
  start(work: Work): Promise<void>;
  /** Waits for all of it. Throws what it threw. */
  ended(): Promise<void>;
}

/**
 * Does `work` with a background, which takes up to `most` pieces of work that have not ended. When this returns or throws, nothing is
 * left running there, and its error is thrown unless `work` has thrown another one.
 *
 * @example await withBackground(async (background) => { for (const run of runs) { await train(run); await background.start(() => draw(run)); } });
 */
export async function withBackground<T>(work: (background: Background) => Promise<T>, most = 1): Promise<T> {
  /** What has not ended, in order; from a failure on, nothing of it begins. */
  const pending: Promise<void>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const ended = () => pending.at(-1) ?? Promise.resolve();
  const background: Background = {
    async start(piece) {
      while (pending.length >= most) await pending[0];
      if (failure) throw failure.error;
      const done = ended().then(piece);
      pending.push(done);
      done.then(
        () => pending.shift(),
        (error) => {
          failure ??= { error };
        },
      );
    },
    ended,
  };
  try {
    const result = await work(background);
    await ended();
    return result;
  } finally {
    await Promise.allSettled(pending);
  }
}
