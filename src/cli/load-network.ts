/** Finds the checkpoint that a user means: a run's best one, or a file. */
import { existsSync, statSync } from 'node:fs';
import { FathomError } from '../errors.js';
import { type Checkpoint, readCheckpoint } from '../train/checkpoint.js';
import { runFiles } from '../train/run-folder.js';

/** Reads the best checkpoint of a run folder, or the given file. Throws a FathomError of code `data`. */
export async function loadNetwork(path: string): Promise<Checkpoint> {
  if (!existsSync(path))
    throw new FathomError('data', `${path}: no such file or folder`, {
      hint: 'give the folder of a run, one of its checkpoints/*.safetensors, or an exported .onnx file',
    });
  return readCheckpoint(statSync(path).isDirectory() ? runFiles(path).best : path);
}
