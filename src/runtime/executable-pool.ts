/** Keeps compiled graphs for those who will want the same again: to make a session takes as long as several steps. */
import { createHash } from 'node:crypto';
import type { Tensor } from '../graph/index.js';
import type { OnnxProgram } from '../onnx/lower.js';
import type { Executable, RuntimeOptions } from './executable.js';
import { load, lowerFor } from './node.js';

/** Compiled graphs by a key, or by their bytes. */
export interface ExecutablePool {
  /**
   * Compiles as `compile` does, or gives an executable of an equal graph that was kept. One that is disposed of is kept
   * when `keep` says so.
   */
  compile(outputs: Readonly<Record<string, Tensor>>, keep: () => boolean): Promise<Executable>;
  /** The same for a graph that `key` stands for, which `lower` is only asked for where none was kept. */
  get(key: string, lower: () => Promise<OnnxProgram>, keep: () => boolean): Promise<Executable>;
  /** Disposes of all that is kept. */
  dispose(): Promise<void>;
}

/**
 * A pool of executables that run with `options`, empty at first.
 *
 * @example
 * const pool = createExecutablePool({ device: 'cpu' });
 * const first = await pool.compile({ y: mul(x, 2) }, () => true);
 * await first.dispose();
 * const second = await pool.compile({ y: mul(x, 2) }, () => false); // the same session
 */
export function createExecutablePool(options: RuntimeOptions): ExecutablePool {
  const kept = new Map<string, Executable>();
  const get: ExecutablePool['get'] = async (key, lower, keep) => {
    const executable = kept.get(key) ?? (await load(await lower(), options));
    kept.delete(key);
    return {
      ...executable,
      async dispose() {
        if (keep() && !kept.has(key)) kept.set(key, executable);
        else await executable.dispose();
      },
    };
  };
  return {
    get,
    async compile(outputs, keep) {
      const program = await lowerFor(outputs, options);
      const key = createHash('sha256').update(program.bytes).digest('hex');
      return get(key, async () => program, keep);
    },
    async dispose() {
      for (const executable of kept.values()) await executable.dispose();
      kept.clear();
    },
  };
}
