/** Runs compiled graphs with onnxruntime-node: on the CPU, on CUDA, or on WebGPU. */
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-node';
import { FathomError } from '../errors.js';
import type { Tensor } from '../graph/index.js';
import { type LowerOptions, lowerToOnnx, type OnnxProgram, type Port } from '../onnx/lower.js';
import { detectBlockSize } from './block-size.js';
import { deviceError, missingDevice } from './device-error.js';
import type { Executable, Feeds, RuntimeOptions, Values } from './executable.js';
import { openSession } from './session.js';

/**
 * Compiles the graph of `outputs` into an executable.
 * Throws a FathomError of code `device` when the execution provider cannot be had.
 *
 * @example
 * const x = input('x', [2]);
 * const program = await compile({ y: mul(x, 2) });
 * await program.run({ x: Float32Array.of(1, 2) }); // { y: [2, 4] }
 */
export async function compile(
  outputs: Readonly<Record<string, Tensor>>,
  options: RuntimeOptions = {},
): Promise<Executable> {
  return load(await lowerFor(outputs, options), options);
}

/**
 * Name of an output that is an empty sequence, asked for first where every other output has a buffer to go to.
 *
 * onnxruntime-node 1.30 writes outputs into the buffers it is given, and then copies each into a new array all the same:
 * for the state of a network that is hundreds of megabytes a step. It converts outputs in their order and cannot convert
 * a sequence, so this one ends the call before the first copy, with everything computed and in its place.
 */
const marker = 'done';
const isMarked = (error: unknown): boolean =>
  error instanceof Error && /^Non tensor type/.test(error.message);

/** How graphs are lowered for a device of this machine. */
export async function loweringFor({ device: target = 'cpu' }: RuntimeOptions): Promise<LowerOptions> {
  const blockSize = target === 'cpu' ? await detectBlockSize() : 0;
  return { target, blockSize, ...(target === 'cpu' && { marker }) };
}

/** Lowers the graph of `outputs` for a device of this machine. */
export const lowerFor = async (
  outputs: Readonly<Record<string, Tensor>>,
  options: RuntimeOptions,
): Promise<OnnxProgram> => lowerToOnnx(outputs, await loweringFor(options));

/** Creates an executable from a lowered graph. */
export async function load(program: OnnxProgram, options: RuntimeOptions = {}): Promise<Executable> {
  const session = await createSession(program, options);
  const inputs = new Map(program.inputs.map((port) => [port.name, port]));
  const outputs = new Map(program.outputs.map((port) => [port.name, port]));
  // A tensor object is made once for each array: buffers are used again at every step.
  const wrapped = new WeakMap<Values, ort.Tensor>();

  function wrap(ports: ReadonlyMap<string, Port>, values: Feeds): Record<string, ort.Tensor> {
    const result: Record<string, ort.Tensor> = {};
    for (const [name, data] of Object.entries(values)) {
      const port = ports.get(name);
      if (!port) {
        throw new FathomError(
          'internal',
          `run: expected one of ${[...ports.keys()].join(', ')}, got '${name}'`,
        );
      }
      let tensor = wrapped.get(data);
      if (
        !tensor ||
        tensor.dims.length !== port.shape.length ||
        tensor.dims.some((n, i) => n !== port.shape[i])
      ) {
        const size = port.shape.reduce((a, b) => a * b, 1);
        if (data.length !== size) {
          throw new FathomError('internal', `run: '${name}' takes ${size} values, got ${data.length}`);
        }
        tensor = new ort.Tensor(port.dtype as 'float32', data as Float32Array, port.shape);
        wrapped.set(data, tensor);
      }
      result[name] = tensor;
    }
    return result;
  }

  return {
    inputs: program.inputs,
    outputs: program.outputs,
    async run(feeds, fetches = {}) {
      const missing = program.inputs.find((port) => !(port.name in feeds));
      if (missing) throw new FathomError('internal', `run: no value for input '${missing.name}'`);
      const targets: Record<string, ort.Tensor | null> = {};
      for (const port of program.outputs) targets[port.name] = null;
      Object.assign(targets, wrap(outputs, fetches));
      const whole = program.outputs.every(({ name }) => fetches[name]);
      if (program.marker !== undefined && whole) {
        try {
          await session.run(wrap(inputs, feeds), { [program.marker]: null, ...targets });
        } catch (error) {
          if (!isMarked(error)) throw error;
        }
        return { ...fetches };
      }
      const results = await session.run(wrap(inputs, feeds), targets);
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, tensor.data as Values]),
      );
    },
    dispose: () => session.release(),
  };
}

async function createSession(
  { bytes, fused }: OnnxProgram,
  options: RuntimeOptions,
): Promise<ort.InferenceSession> {
  const { device = 'cpu', threads = 0, optimise = true, spin = true, profile } = options;
  const missing = missingDevice(device);
  if (missing) throw missing;
  const providers = device === 'cpu' ? ['cpu'] : [device, 'cpu'];
  // A device that is missing is an error in words; the library need not log it too.
  if (device !== 'cpu') ort.env.logLevel = 'fatal';
  try {
    return await openSession(bytes, {
      executionProviders: providers,
      intraOpNumThreads: threads || availableParallelism(),
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: optimise || !fused ? 'all' : 'disabled',
      // Planning one block for all values saves no time and takes a third more memory.
      enableMemPattern: false,
      logSeverityLevel: 3,
      // The bytes of a batch are no quantised network, in which it would quantise more.
      extra: { session: { disable_quant_qdq: '1', ...(!spin && { force_spinning_stop: '1' }) } },
      enableProfiling: profile !== undefined,
      ...(profile !== undefined && { profileFilePrefix: profile }),
    });
  } catch (cause) {
    if (device === 'cpu') throw cause;
    throw deviceError(device, cause);
  }
}
