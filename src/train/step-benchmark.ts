/** How long a training step takes on this machine, measured on random images. */
import type { Batch } from '../data/dataset.js';
import { randomStream } from '../nn/initialisers.js';
import { createTrainer, type TrainerOptions } from './trainer.js';

/** What {@link benchmarkStep} measured. */
export interface StepTiming {
  /** Median after the first step, milliseconds. */
  readonly stepMs: number;
  readonly imagesPerSecond: number;
  /** Largest resident memory of the process so far. */
  readonly peakMemoryMb: number;
  /** Compiling the graph. */
  readonly compileMs: number;
  readonly parameters: number;
}

/** Random images with random truth. */
export function randomBatch(size: number, [height, width]: readonly [number, number], seed = 0): Batch {
  const random = randomStream(seed, 'benchmark');
  const bytes = (channels: number, most: number) =>
    Uint8Array.from({ length: size * channels * height * width }, () => Math.round(most * random()));
  const ones = () => new Uint8Array(size * height * width).fill(1);
  return {
    size,
    image: bytes(3, 255),
    background: bytes(3, 255),
    mask: bytes(1, 1).map((value) => 255 * value),
    depth: Float32Array.from({ length: size * height * width }, () => Math.round(65535 * random())),
    maskValid: ones(),
    depthValid: ones(),
    ids: Array.from({ length: size }, (_, i) => `${i}`),
  };
}

/** Takes `steps` steps (and one to warm up) and measures them. */
export async function benchmarkStep(options: TrainerOptions, steps: number): Promise<StepTiming> {
  const begun = performance.now();
  const trainer = await createTrainer(options);
  const compileMs = performance.now() - begun;
  try {
    const batch = randomBatch(options.batch, options.network.spec.size);
    const times: number[] = [];
    for (let i = 0; i <= steps; i++) {
      const started = performance.now();
      await trainer.step(batch, 1e-4);
      if (i > 0) times.push(performance.now() - started);
    }
    const stepMs = times.sort((a, b) => a - b)[times.length >> 1];
    return {
      stepMs,
      imagesPerSecond: (1000 * options.batch) / stepMs,
      peakMemoryMb: process.resourceUsage().maxRSS / 1024,
      compileMs,
      parameters: options.network.parameterCount,
    };
  } finally {
    await trainer.dispose();
  }
}
