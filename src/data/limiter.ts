/** Bounds how many asynchronous tasks run at once. */

/**
 * A function that runs tasks, at most `count` at a time, in the order they are given.
 *
 * @example const limit = limiter(16); await Promise.all(files.map((file) => limit(() => read(file))));
 */
export function limiter(count: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= count) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      // The place passes to the next in line, so the count stays; with nobody waiting it is given back.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
