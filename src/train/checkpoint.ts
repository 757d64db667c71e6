/** Checkpoints: the tensors of a run as a safetensors file, with where the run stood. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { FathomError, unreadable } from '../errors.js';
import { decodeSafetensors, safetensorsParts } from '../onnx/safetensors.js';
import type { NamedTensors } from './network.js';
import { type DraftFile, startFile, writeFileWhole } from './write-file.js';

const progress = z.object({
  /** Steps and epochs that are finished. */
  step: z.int().min(0),
  epoch: z.int().min(0),
  seed: z.int().min(0),
  /** Seconds of training so far. */
  seconds: z.number().min(0),
  /** Epoch that validation has selected so far, and its score; see `selectionScore`. */
  bestEpoch: z.int().min(0),
  bestScore: z.number().nullable(),
  /** Hash of everything that decides the run's numbers. */
  identity: z.string(),
});

/** The form of a {@link CheckpointNetwork}. */
export const networkInfo = z.object({
  model: z.string(),
  width: z.int().min(1),
  size: z.tuple([z.int(), z.int()]),
  background: z.boolean(),
  maxDepth: z.number(),
  depthUnit: z.string(),
});

/** Where a run stood when a checkpoint was written. */
export type CheckpointProgress = z.infer<typeof progress>;

/** What network a checkpoint holds and what its outputs mean: all that prediction and export need. */
export type CheckpointNetwork = z.infer<typeof networkInfo>;

/** A checkpoint. */
export interface Checkpoint {
  readonly tensors: NamedTensors;
  readonly progress: CheckpointProgress;
  readonly network: CheckpointNetwork;
}

/**
 * Starts to write a checkpoint of a run, whole or not at all; its tensors must stay as they are until it is published. The one
 * that it replaces stays beside it, until `removeDrafts`.
 */
export const startCheckpoint = (file: string, checkpoint: Checkpoint): DraftFile =>
  startFile(file, checkpointParts(checkpoint), { alternate: true });

/** Writes a checkpoint, whole or not at all. */
export const writeCheckpoint = (file: string, checkpoint: Checkpoint): Promise<void> =>
  writeFileWhole(file, checkpointParts(checkpoint));

function checkpointParts({ tensors, progress, network }: Checkpoint): Uint8Array[] {
  const metadata = {
    format: 'fathom-checkpoint',
    progress: JSON.stringify(progress),
    network: JSON.stringify(network),
  };
  return safetensorsParts(tensors, metadata);
}

/**
 * Reads a checkpoint. Throws a FathomError of code `data` that names the file when it is missing, damaged, or no
 * checkpoint of Fathom.
 */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw unreadable(
      file,
      cause,
      'give a run folder that has finished an epoch, or one of its checkpoints/*.safetensors',
    );
  }
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  try {
    return {
      tensors,
      progress: progress.parse(JSON.parse(metadata.progress)),
      network: networkInfo.parse(JSON.parse(metadata.network)),
    };
  } catch (cause) {
    throw new FathomError('data', `${file}: not a checkpoint of Fathom`, {
      hint: 'give a run folder, or one of its checkpoints/*.safetensors',
      cause,
    });
  }
}
