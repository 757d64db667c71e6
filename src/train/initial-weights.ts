/** Weights for a network from a safetensors file, such as a PyTorch state dict, matched by name and shape. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { FathomError, unreadable } from '../errors.js';
import { type Shape, sameShape, showShape } from '../graph/index.js';
import { decodeSafetensors } from '../onnx/safetensors.js';
import type { NamedTensors, Network } from './network.js';

/** Where a run's weights come from: `train.init` of the configuration. */
export interface WeightSource {
  /** A safetensors file. */
  readonly file: string;
  /** Takes the tensors that fit; the others begin as without a file. */
  readonly partial: boolean;
}

/** What a file has for a network. */
export interface WeightMatch {
  /** The tensors that fit, by the network's names. */
  readonly tensors: NamedTensors;
  /** Names that the file lacks, and names that the network lacks. */
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  /** Tensors of another shape. */
  readonly misshapen: readonly { readonly name: string; readonly expected: Shape; readonly got: Shape }[];
}

/** PyTorch's counters beside running statistics, and the optimizer's state in Fathom's checkpoints. */
const isIgnored = (name: string): boolean => name.endsWith('num_batches_tracked') || name.includes('/');

const firstPart = (name: string): string => name.slice(0, name.indexOf('.') + 1);

/**
 * Matches tensors with a network's parameters and running statistics. Names are those of the layers' paths, as in a
 * PyTorch module of the same structure: `encoder.down1.conv1.weight`. A first part that all names of the file share and
 * the network does not have, such as `module.` of a parallel model, is dropped; so are counters of batches.
 */
export function matchWeights({ state }: Pick<Network, 'state'>, tensors: NamedTensors): WeightMatch {
  const wanted = new Map([...state.parameters, ...state.buffers].map(({ name, shape }) => [name, shape]));
  const parts = new Set([...wanted.keys()].map(firstPart));
  let found = Object.entries(tensors).filter(([name]) => !isIgnored(name));
  for (;;) {
    const wrapper = firstPart(found[0]?.[0] ?? '');
    if (wrapper === '' || parts.has(wrapper) || !found.every(([name]) => name.startsWith(wrapper))) break;
    found = found.map(([name, tensor]) => [name.slice(wrapper.length), tensor]);
  }
  const byName = new Map(found);
  const fits = (name: string, shape: Shape) => sameShape(byName.get(name)?.shape ?? [-1], shape);
  const entries = [...wanted];
  return {
    tensors: Object.fromEntries(
      entries.flatMap(([name, shape]) => (fits(name, shape) ? [[name, byName.get(name)!]] : [])),
    ),
    missing: entries.flatMap(([name]) => (byName.has(name) ? [] : [name])),
    unexpected: [...byName.keys()].filter((name) => !wanted.has(name)),
    misshapen: entries.flatMap(([name, expected]) => {
      const got = byName.get(name)?.shape;
      return got && !sameShape(got, expected) ? [{ name, expected, got }] : [];
    }),
  };
}

const mostListed = 6;

const listed = (names: readonly string[]): string =>
  [
    ...names.slice(0, mostListed),
    ...(names.length > mostListed ? [`${names.length - mostListed} more`] : []),
  ].join(', ');

/**
 * The tensors of `source` for `network`.
 *
 * Throws a FathomError of code `data` that names the file: when it cannot be read, when names are missing, unexpected or
 * of another shape (each listed) and `partial` is false, and when nothing fits.
 */
export function readWeights(network: Network, { file, partial }: WeightSource): NamedTensors {
  const match = matchWeights(network, decodeSafetensors(readBytes(file), file).tensors);
  const { tensors, missing, unexpected, misshapen } = match;
  const problems = [
    missing.length > 0 && `missing: ${listed(missing)}`,
    unexpected.length > 0 && `unexpected: ${listed(unexpected)}`,
    misshapen.length > 0 &&
      `of another shape: ${listed(
        misshapen.map(
          ({ name, expected, got }) => `${name} (expected ${showShape(expected)}, got ${showShape(got)})`,
        ),
      )}`,
  ].filter(Boolean);
  const nothing = Object.keys(tensors).length === 0;
  if (nothing || (problems.length > 0 && !partial)) {
    const { model, width, background } = network.spec;
    const inputs = background ? 'background and image' : 'image';
    throw new FathomError(
      'data',
      `${file}: does not fit ${model.name} of width ${width} with ${inputs}\n  ${problems.join('\n  ')}`,
      {
        hint: nothing
          ? 'is it a network of another kind? `fathom model show --layers` lists the names of ours'
          : 'set the model, width and input it was trained with, or init: { file: …, partial: true } to take what fits',
      },
    );
  }
  return tensors;
}

/** A hash of a file's bytes. Throws a FathomError of code `data` when it cannot be read. */
export const fileHash = (file: string): string =>
  createHash('sha256').update(readBytes(file)).digest('hex').slice(0, 16);

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unreadable(file, cause, 'give a .safetensors file');
  }
}
