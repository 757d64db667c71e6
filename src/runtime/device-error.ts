/** Why a device cannot be had, and what to do about it, in a user's words. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FathomError } from '../errors.js';
import type { LoweringTarget } from '../graph/index.js';

const runtimeFolder = () => dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));

/** The CUDA provider's file; npm carries it for no platform, and onnxruntime-node fetches it only for Linux x64. */
const cudaProvider = () => join(runtimeFolder(), 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so');

/** The one command that adds CUDA: npm's install scripts are off, since a CPU user needs none of them. */
const cudaCommand = () =>
  `node ${join(runtimeFolder(), 'script', 'install.js')} --onnxruntime-node-install=cuda12`;

interface Explanation {
  readonly reason: string;
  readonly hint: string;
}

const explainedError = (device: LoweringTarget, { reason, hint }: Explanation, cause?: unknown) =>
  new FathomError('device', `device '${device}': ${reason}`, { hint, cause });

function explainCuda(): Explanation {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return {
      reason: `onnxruntime-node has CUDA for linux x64 only, this is ${process.platform} ${process.arch}`,
      hint: 'use --device webgpu or --device cpu',
    };
  return existsSync(cudaProvider())
    ? {
        reason: 'the provider is installed but does not start',
        hint: 'it needs an NVIDIA GPU with its driver, CUDA 12 and cuDNN 9, in the library path',
      }
    : {
        reason: 'the provider is not installed',
        hint: `with an NVIDIA GPU, CUDA 12 and cuDNN 9, run: ${cudaCommand()}`,
      };
}

/** Whether the system's loader finds a library: no addon, it is refused, but only after it was opened. */
function findsLibrary(name: string): boolean {
  try {
    process.dlopen({ exports: {} }, name);
    return true;
  } catch (error) {
    return !(error as Error).message.includes('cannot open shared object file');
  }
}

/**
 * The error of code `device` for one of which it is known beforehand that it cannot work here. The runtime would print a warning of its
 * own in that case.
 */
export function missingDevice(device: LoweringTarget): FathomError | undefined {
  const vulkan = 'libvulkan.so.1';
  if (device === 'cuda' && !existsSync(cudaProvider())) return explainedError(device, explainCuda());
  if (device === 'webgpu' && process.platform === 'linux' && !findsLibrary(vulkan))
    return explainedError(device, {
      reason: `no Vulkan here (${vulkan} is not installed)`,
      hint: 'it needs a GPU with a Vulkan driver, and the loader: apt-get install libvulkan1 on Debian and Ubuntu',
    });
  return undefined;
}

/**
 * The error of code `device` for a session that could not be created on `device`.
 *
 * @example deviceError('webgpu', cause).message // "device 'webgpu': no adapter found"
 */
export function deviceError(device: LoweringTarget, cause: unknown): FathomError {
  const { message } = cause as Error;
  let explained = {
    // Without what only its authors can read: source files, lines and assertions.
    reason: message.split('\n')[0].replace(/^\/\S+:\d+ .* was false\. /, ''),
    hint: '`fathom doctor` tells which devices work here; --device cpu always does',
  };
  if (device === 'cuda' && /shared library|load library|CUDA-capable|driver version/.test(message))
    explained = explainCuda();
  if (device === 'webgpu' && message.includes('adapter'))
    explained = {
      reason: 'no adapter found',
      hint: 'it needs a GPU with a driver for Vulkan (Linux), Direct3D 12 (Windows) or Metal (macOS)',
    };
  return explainedError(device, explained, cause);
}
