/** Runs many tasks a few at a time, begun in order. */

/** Options of {@link runPool}. */
export interface PoolOptions {
  /** Tasks under way at once. */
  readonly concurrency: number;
  /** Stops beginning tasks; those under way are finished, then the signal's reason is thrown. */
  readonly signal?: AbortSignal;
}

/**
 * Calls `work` for 0 … `count` − 1 in this order, at most `concurrency` of them unfinished at a time. A call that has
 * nothing to do returns undefined and costs no turn of the event loop. The first failure is thrown at once.
 *
 * @example await runPool(files.length, { concurrency: 16, signal }, (i) => convert(files[i]));
 */
export async function runPool(
  count: number,
  { concurrency, signal }: PoolOptions,
  work: (index: number) => Promise<unknown> | undefined,
): Promise<void> {
  const underWay = new Set<Promise<unknown>>();
  for (let index = 0; index < count && !signal?.aborted; index++) {
    const task = work(index);
    if (!task) continue;
    underWay.add(task);
    // Handled by the race or by the last wait.
    task.then(
      () => underWay.delete(task),
      () => {},
    );
    if (underWay.size >= concurrency) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  signal?.throwIfAborted();
}
