/** Calls functions on a thread of the lowest priority, so that they hold up nothing else. */
import { Thread } from './thread.js';

/** A module whose functions may be called elsewhere: where it lies, and how to load it here. */
export interface CallableModule<M> {
  readonly url: string;
  load(): Promise<M>;
}

type FunctionOf<M, K extends keyof M> = M[K] extends (...args: infer A) => infer R
  ? (...args: A) => R
  : never;

/** Calls functions somewhere. What goes in and comes out is copied, or may be. */
export interface Caller {
  /** Calls the function that a module exports as `name`; throws what it throws. */
  call<M, K extends keyof M>(
    module: CallableModule<M>,
    name: K,
    ...args: Parameters<FunctionOf<M, K>>
  ): Promise<Awaited<ReturnType<FunctionOf<M, K>>>>;
}

/** What is sent to the thread: modules to load, or a call. */
export type ThreadRequest =
  | { readonly load: string }
  | { readonly module: string; readonly name: PropertyKey; readonly args: readonly unknown[] };

/** Calls on the thread that asks. */
export const here: Caller = {
  async call(module, name, ...args) {
    const found = (await module.load())[name] as (...given: typeof args) => never;
    return found(...args);
  },
};

/**
 * Calls on a thread of its own, and on the one that asks where there is none, or where it was lost.
 *
 * @example
 * const thread = new BackgroundThread();
 * await thread.call(runPictures, 'drawRun', folder, { title, height, width, maxDepth, depthUnit });
 * await thread.end();
 */
export class BackgroundThread implements Caller {
  #thread: Thread<ThreadRequest, { readonly value: unknown }> | undefined;

  /** Starts the thread, unless it has been, and loads a module there. */
  prepare({ url }: CallableModule<unknown>): void {
    this.#thread ??= startThread();
    // A call of it would hear of a failure.
    this.#thread?.ask({ load: url }).catch(() => {});
  }

  async call<M, K extends keyof M>(
    module: CallableModule<M>,
    name: K,
    ...args: Parameters<FunctionOf<M, K>>
  ): Promise<Awaited<ReturnType<FunctionOf<M, K>>>> {
    this.#thread ??= startThread();
    const answer = await this.#thread?.ask({ module: module.url, name, args });
    return answer ? (answer.value as never) : here.call(module, name, ...args);
  }

  /** Ends the thread. What it has not done is done here. */
  async end(): Promise<void> {
    await this.#thread?.end();
  }
}

function startThread(): Thread<ThreadRequest, { readonly value: unknown }> | undefined {
  if (!Thread.isPossible) return undefined;
  try {
    return new Thread(new URL('./background-worker.js', import.meta.url));
  } catch {
    // The machine gives no more threads.
    return undefined;
  }
}
