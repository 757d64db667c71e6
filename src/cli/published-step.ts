/** The training step that `bench` times and `doctor` examines: bce-dice with rmse, AdamW, 6 input channels. */
import { parseConfig } from '../config/index.js';
import type { ModelConfig } from '../config/schema.js';
import type { Model } from '../models/model.js';
import { compile } from '../runtime/node.js';
import { createNetwork } from '../train/network.js';
import { trainerOptions } from '../train/run-spec.js';
import type { TrainerOptions } from '../train/trainer.js';

/** Devices of the command line. */
export const devices = ['cpu', 'cuda', 'webgpu'] as const;

/** What of the step can be chosen. */
export interface StepChoice {
  readonly model: Model;
  readonly width: number;
  /** Side of the images, pixels. */
  readonly size: number;
  readonly batch: number;
  readonly device: (typeof devices)[number];
  readonly threads: number;
  /** See {@link RuntimeOptions.profile}. */
  readonly profile?: string;
}

/** What a trainer of that step is made from. */
export function publishedStep(choice: StepChoice): TrainerOptions {
  const { model, width, size, batch, device, ...runtime } = choice;
  const { train } = parseConfig({ text: '', file: 'defaults' });
  const network = createNetwork({
    ...{ model, width, size: [size, size], background: true },
    separate: device === 'webgpu',
  });
  const spec = {
    ...{ segmentation: 'bce-dice', depth: 'rmse', weight: 2, seed: 0, device },
    train: { ...train, batch },
    model: { kind: model.name, width, input: undefined } as ModelConfig,
  };
  return trainerOptions(spec, network, {
    gaps: { mask: false, depth: false },
    compile: (outputs) => compile(outputs, { device, ...runtime }),
  });
}
