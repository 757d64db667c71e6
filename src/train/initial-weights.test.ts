import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../config/index.js';
import { fractions } from '../data/fractions.js';
import { syntheticDataset } from '../data/synthetic/synthetic-dataset.js';
import { findModel } from '../models/registry.js';
import { encodeSafetensors } from '../onnx/safetensors.js';
import { compile } from '../runtime/node.js';
import { goldenBatch, readGolden } from './goldens.fixture.js';
import { inferenceGraph } from './inference.js';
import { fileHash, matchWeights, readWeights } from './initial-weights.js';
import { createNetwork, initialState, memberViews, type NamedTensors } from './network.js';
import { type RunSpec, runIdentity, runNetwork } from './run-spec.js';

const folder = mkdtempSync(join(tmpdir(), 'fathom-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A state dict that PyTorch saved, its names led by `module.`. */
const stateDict = fileURLToPath(
  new URL('../../tests/goldens/mobile-unet-state.safetensors', import.meta.url),
);
const network = createNetwork({
  ...{ model: findModel('mobile-unet')!, width: 1, size: [32, 32], background: false },
});
const names = [...network.state.parameters, ...network.state.buffers].map(({ name }) => name);

const write = (name: string, tensors: NamedTensors): string => {
  const file = join(folder, name);
  writeFileSync(file, encodeSafetensors(tensors));
  return file;
};
const read = (file: string, partial = false) => readWeights(network, { file, partial });

describe('a PyTorch state dict', () => {
  it('computes here what it computes there', async () => {
    const golden = JSON.parse(readGolden('mobile-unet-state.json').toString());
    const image = fractions(goldenBatch(golden.batchSeed, golden.shape).image, 255);
    const checkpoint = {
      tensors: read(stateDict),
      progress: { step: 0, epoch: 0, seed: 0, seconds: 0, bestEpoch: 0, bestScore: null, identity: '' },
      network: {
        ...{ model: golden.model, width: golden.width, size: [32, 32] as [number, number] },
        ...{ background: false, maxDepth: 1, depthUnit: '' },
      },
    };
    const program = await compile(inferenceGraph(checkpoint));
    const area = 32 * 32;
    for (const n of [0, 1]) {
      const outputs = await program.run({ image: image.slice(3 * area * n, 3 * area * (n + 1)) });
      for (const name of ['mask', 'depth']) {
        const expected = golden[name].data.slice(area * n, area * (n + 1)) as number[];
        const errors = expected.map((value, i) => Math.abs(value - Number(outputs[name][i])));
        expect(Math.max(...errors), `${name} ${n}`).toBeLessThan(1e-5);
      }
    }
    await program.dispose();
  });

  it('comes back from a file of ours', () => {
    const tensors = read(stateDict);
    expect(Object.keys(tensors)).toEqual(names);
    expect(read(write('again.safetensors', tensors))).toEqual(tensors);
  });
});

describe('what does not fit', () => {
  const whole = read(stateDict);
  const [first, second, ...others] = names;
  const without = Object.fromEntries(others.map((name) => [name, whole[name]]));
  const broken = {
    ...without,
    [second]: { shape: [1], data: Float32Array.of(3) },
    extra: { shape: [1], data: Float32Array.of(3) },
    'adam/stem.weight': { shape: [1], data: Float32Array.of(3) },
  };

  it('is listed by what is wrong with it', () => {
    const match = matchWeights(network, broken);
    expect(match.missing).toEqual([first]);
    expect(match.unexpected).toEqual(['extra']);
    expect(match.misshapen).toEqual([{ name: second, expected: [2], got: [1] }]);
    const file = write('broken.safetensors', broken);
    expect(() => read(file)).toThrow(
      `${file}: does not fit mobile-unet of width 1 with image\n  missing: stem.weight\n  unexpected: extra\n  of another shape: stem_bn.weight (expected [2], got [1])`,
    );
  });

  it('is left out when that is asked for, and begins as ever', () => {
    const tensors = read(write('partial.safetensors', broken), true);
    expect(Object.keys(tensors)).toEqual(others.filter((name) => name !== second));
    const groups = [...network.parameters, ...network.buffers];
    const random = memberViews(groups, initialState(network, 7));
    const mixed = memberViews(groups, initialState({ ...network, initial: tensors }, 7));
    expect(mixed[first].data).toEqual(random[first].data);
    for (const name of Object.keys(tensors)) expect(mixed[name].data, name).toEqual(whole[name].data);
  });

  it('is an error when it is everything', () => {
    const file = write('other.safetensors', {
      'features.0.weight': { shape: [1], data: Float32Array.of(1) },
    });
    expect(() => read(file, true)).toThrow('does not fit mobile-unet');
    expect(() => read(join(folder, 'none.safetensors'))).toThrow('none.safetensors: no such file');
  });

  it('shortens long lists', () => {
    const few = Object.fromEntries(names.slice(0, 3).map((name) => [name, whole[name]]));
    expect(() => read(write('few.safetensors', few))).toThrow(/missing: (\S+, ){6}\d+ more$/m);
  });
});

describe('train.init', () => {
  const dataset = syntheticDataset({ count: 8, size: 32 });
  const data = {
    dataset,
    splits: { train: [0], validation: [1], test: [2] },
    gaps: { mask: false, depth: false },
  };
  const specOf = (...set: string[]): RunSpec => {
    const model = 'model={kind: mobile-unet, width: 1, input: [image]}';
    const config = parseConfig({ text: '', file: 'defaults', set: [model, ...set] });
    const { train } = config;
    return {
      segmentation: 'bce',
      depth: 'rmse',
      weight: 2,
      seed: 0,
      device: 'cpu',
      train,
      model: config.model,
    } as RunSpec;
  };

  it('gives a run its weights, and counts by what the file holds, not where it lies', () => {
    const spec = specOf(`train.init=${stateDict}`);
    expect(runNetwork(spec, dataset).initial).toEqual(read(stateDict));
    const copy = join(folder, 'copy.safetensors');
    writeFileSync(copy, readGolden('mobile-unet-state.safetensors'));
    expect(fileHash(copy)).toBe(fileHash(stateDict));
    const identity = runIdentity(spec, data);
    expect(runIdentity(specOf(`train.init=${copy}`), data)).toBe(identity);
    expect(runIdentity(specOf(), data)).not.toBe(identity);
    expect(runIdentity(specOf(`train.init={file: ${copy}, partial: true}`), data)).not.toBe(identity);
  });
});
