/** Models that give depth for a picture: ONNX files of others, and networks trained by Fathom. */
import { readFile, stat } from 'node:fs/promises';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { FathomError } from '../errors.js';
import { describeOnnx } from '../onnx/describe.js';
import { openSession } from '../runtime/session.js';
import { conventionNames, type DepthConvention, findConvention } from './depth-conventions.js';
import { imagePlanes, type Picture } from './image-files.js';
import { openPredictor } from './predictor.js';

/** Depth of one picture, row by row, at the size the model works at. */
export interface DepthPlane {
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** A model that is ready to run. */
export interface DepthModel {
  /** `inverse`: larger is nearer, scale and shift unknown. `depth`: larger is farther, 1 being `maxDepth`. */
  readonly output: 'inverse' | 'depth';
  /** Depth at a value of 1, in `unit`; 1 and empty where depth is relative. */
  readonly maxDepth: number;
  readonly unit: string;
  /** Whether the empty scene is a second input. */
  readonly needsBackground: boolean;
  /** How it is used, for the record. */
  readonly usage: Readonly<Record<string, unknown>>;
  /** Pictures that are run at once. */
  readonly batch: number;
  predict(pictures: readonly Picture[], backgrounds?: readonly Picture[]): Promise<DepthPlane[]>;
  dispose(): Promise<void>;
}

/** What a user says about a model that does not say it itself. */
export interface DepthModelOptions {
  readonly convention?: string;
  readonly inputSize?: readonly [height: number, width: number];
  readonly mean?: readonly [number, number, number];
  readonly std?: readonly [number, number, number];
  readonly output?: 'inverse' | 'depth';
  /** Metres at the greatest depth that is kept, for models that give metres. */
  readonly maxDepth?: number;
}

/** Larger files are not read for their metadata: those that Fathom exports are not so large. */
const maxMetadataBytes = 2 ** 28;

/**
 * Opens a `.onnx` file, a run folder or a checkpoint.
 *
 * Throws a FathomError: of code `data` when the file cannot be read or has no image input, of code `usage` when neither
 * the model nor the options say how it is used.
 */
export async function openDepthModel(path: string, options: DepthModelOptions): Promise<DepthModel> {
  if (!path.endsWith('.onnx')) return trainedModel(path);
  const found = await stat(path).catch((cause) => {
    throw new FathomError('data', `${path}: no such file`, {
      hint: 'give an .onnx file or the folder of a run',
      cause,
    });
  });
  const metadata = found.size > maxMetadataBytes ? {} : describeOnnx(await readFile(path), path).metadata;
  // A file that fathom export wrote says itself what it takes and gives.
  if (metadata['fathom.depth'] !== undefined) return trainedModel(path);
  const session = await openSession(path, { logSeverityLevel: 3 }).catch((cause: Error) => {
    throw new FathomError('data', `${path}: cannot be loaded (${cause.message.split('\n')[0]})`, {
      hint: 'give a complete .onnx file, with the files of its weights beside it where it has such',
      cause,
    });
  });
  try {
    return foreignModel(path, session, options);
  } catch (error) {
    await session.release();
    throw error;
  }
}

async function trainedModel(path: string): Promise<DepthModel> {
  const predictor = await openPredictor(path, 16);
  const { maxDepth, depthUnit, background } = predictor.network;
  return {
    ...{ output: 'depth', maxDepth, unit: depthUnit, needsBackground: background },
    ...{ usage: { convention: 'fathom' }, batch: predictor.batch },
    async predict(pictures, empty) {
      const predicted = await predictor.predict(pictures, background ? empty : undefined);
      return predicted.map(({ height, width, depth }) => ({ height, width, values: depth }));
    },
    dispose: () => predictor.dispose(),
  };
}

function foreignModel(path: string, session: InferenceSession, options: DepthModelOptions): DepthModel {
  const convention = conventionOf(path, options);
  const [name] = session.inputNames;
  const fixed = fixedSize(session, name);
  const { mean, std, output } = convention;
  // Metric models give metres; everything else here counts in shares of the maximum.
  const maxDepth = output === 'depth' ? (options.maxDepth ?? 10) : 1;
  return {
    ...{ output, maxDepth, unit: output === 'depth' ? 'm' : '', needsBackground: false },
    usage: { mean, std, inputSize: options.inputSize ?? fixed ?? `shorter side ${convention.side}` },
    batch: 1,
    async predict([picture]) {
      const size = options.inputSize ?? fixed ?? openSize(picture, convention);
      const planes = imagePlanes(picture, size);
      const area = size[0] * size[1];
      for (let i = 0; i < planes.length; i++) {
        const channel = Math.floor(i / area);
        planes[i] = (planes[i] - mean[channel]) / std[channel];
      }
      const results = await session.run({ [name]: new Tensor('float32', planes, [1, 3, ...size]) });
      const { data, dims } = results[session.outputNames[0]];
      const [height, width] = dims.slice(-2);
      if (dims.length < 2 || height * width !== data.length)
        throw new FathomError('data', `${path}: its output is [${dims}], expected one plane`, {
          hint: 'give a model whose first output is depth, such as [1, H, W]',
        });
      const values = Float32Array.from(data as Float32Array);
      if (output === 'depth') for (let i = 0; i < values.length; i++) values[i] /= maxDepth;
      return [{ height, width, values }];
    },
    dispose: () => session.release(),
  };
}

function conventionOf(path: string, options: DepthModelOptions): DepthConvention {
  const { convention, mean, std, output } = options;
  if (convention !== undefined) {
    const known = findConvention(convention);
    return { ...known, mean: mean ?? known.mean, std: std ?? known.std, output: output ?? known.output };
  }
  if (!output)
    throw new FathomError('usage', `${path}: does not say what it takes and gives`, {
      hint: `give --convention (${conventionNames.join(', ')}), or --output with --mean and --std`,
    });
  return { mean: mean ?? [0, 0, 0], std: std ?? [1, 1, 1], side: 384, multiple: 32, output };
}

/** Height and width of an input of `[N, 3, H, W]`; undefined where the model leaves them open. */
function fixedSize(session: InferenceSession, name: string): [number, number] | undefined {
  const input = session.inputMetadata.find((port) => port.name === name);
  const shape = input?.isTensor ? input.shape : [];
  if (shape.length !== 4)
    throw new FathomError('data', `input '${name}' is [${shape}], expected an image [N, 3, H, W]`, {
      hint: 'give a model that takes planes of red, green and blue',
    });
  const [height, width] = shape.slice(2);
  return typeof height === 'number' && typeof width === 'number' && height > 0 && width > 0
    ? [height, width]
    : undefined;
}

/** The size of a picture with its shorter side as the convention has it, in multiples. */
function openSize({ width, height }: Picture, { side, multiple }: DepthConvention): [number, number] {
  const scale = side / Math.min(width, height);
  const rounded = (length: number) => Math.max(multiple, Math.round((length * scale) / multiple) * multiple);
  return [rounded(height), rounded(width)];
}
