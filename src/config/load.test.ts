// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the configuration are what is tested
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FathomError } from '../errors.js';
import { loadConfig, parseConfig } from './load.js';

const parse = (text: string, set: string[] = [], env: Record<string, string> = {}) =>
  parseConfig({ text, file: 'fathom.yaml', set, env });

const failure = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FathomError)) throw error;
    expect(error.code).toBe('usage');
    expect(error.message).not.toContain('\n');
    return error.hint ? `${error.message} | ${error.hint}` : error.message;
  }
  throw new Error('no mistake was found');
};

const folder = 'dataset:\n  kind: folder\n  path: data\n  depth: { scale: 1/25.5, maxDepth: 10 }\n';

describe('defaults', () => {
  it('are the published study on synthetic rooms', () => {
    const config = parse('');
    expect(config).toMatchObject({
      name: 'loss-comparison',
      device: 'cpu',
      dataset: { kind: 'synthetic', count: 8192, size: [64, 64], fraction: 1 / 16 },
      model: { kind: 'resunet', width: 8 },
      train: {
        epochs: 3,
        batch: 8,
        optimizer: { kind: 'adamw', lr: 0.01, weightDecay: 0.01, betas: [0.9, 0.999], eps: 1e-8 },
        schedule: { kind: 'one-cycle', maxLr: 0.01, pctStart: 0.3, divFactor: 25, finalDivFactor: 1e4 },
      },
      study: { pairs: 'published', weight: 2, seeds: [0], duplicate: true },
      figures: { rows: 4 },
    });
    expect(config.models).toBeUndefined();
    expect(config.model.input).toBeUndefined();
  });

  it('fill in what a partial object leaves out', () => {
    expect(parse('train: { schedule: { maxLr: 0.1 }, optimizer: { kind: sgd } }').train).toMatchObject({
      schedule: { kind: 'one-cycle', maxLr: 0.1, divFactor: 25 },
      optimizer: { kind: 'sgd', lr: 0.01, momentum: 0.9, weightDecay: 0 },
    });
    expect(parse('# nothing but a comment\n')).toEqual(parse(''));
  });

  it('of a folder', () => {
    expect(parse(folder).dataset).toMatchObject({
      kind: 'folder',
      path: resolve('data'),
      image: 'image',
      mask: { folder: 'mask' },
      depth: { folder: 'depth', scale: 1 / 25.5, maxDepth: 10, unit: 'm', invalid: [0] },
      fraction: 1,
      size: [64, 64],
      split: { validation: 0.15, test: 0.15 },
    });
  });
});

describe('short forms', () => {
  it('are written out', () => {
    expect(parse('dataset: { size: [96, 128], fraction: 0.5 }').dataset).toMatchObject({
      size: [96, 128],
      fraction: 0.5,
    });
    expect(parse('seed: 7\nstudy: { seeds: 3 }').study.seeds).toEqual([7, 8, 9]);
    expect(parse('study: { seeds: [4, 2] }').study.seeds).toEqual([4, 2]);
    expect(parse('model: resunet-wide').model).toMatchObject({ kind: 'resunet-wide', width: 8 });
    expect(parse('study: { pairs: [[bce, rmse], { segmentation: dice, depth: l1 }] }').study.pairs).toEqual([
      { segmentation: 'bce', depth: 'rmse' },
      { segmentation: 'dice', depth: 'l1' },
    ]);
  });

  it('let models take from model what they leave out', () => {
    const { models } = parse('model: { width: 32 }\nmodels: [resunet-wide, { kind: resunet, width: 16 }]');
    expect(models).toEqual([
      { kind: 'resunet-wide', width: 32 },
      { kind: 'resunet', width: 16 },
    ]);
  });
});

describe('mistakes', () => {
  it.each([
    [
      'trian: { epochs: 3 }',
      "fathom.yaml:1:1: trian: unknown key; did you mean 'train'? | known here: name, seed, device, threads, dataset, model, models, train, losses, study, figures",
    ],
    [
      'name: x\ntrain:\n  epoch: 3\n',
      "fathom.yaml:3:3: train.epoch: unknown key; did you mean 'epochs'? | known here: epochs, batch, optimizer, schedule, clipNorm, init, augment, earlyStop",
    ],
    [
      'train:\n  epochs: many\n',
      'fathom.yaml:2:11: train.epochs: expected an integer of at least 1, got "many"',
    ],
    ['train: { batch: 0 }', 'fathom.yaml:1:17: train.batch: expected an integer of at least 1, got 0'],
    ['train: { batch: 1.5 }', 'fathom.yaml:1:17: train.batch: expected an integer of at least 1, got 1.5'],
    ['train:\n', 'fathom.yaml:1:7: train: expected keys and values, got nothing'],
    ['train: 3', 'fathom.yaml:1:8: train: expected keys and values, got 3'],
    [
      'dataset: { size: 100 }',
      'fathom.yaml:1:18: dataset.size: expected a multiple of 16 (nearest: 96 and 112), got 100',
    ],
    [
      'dataset: { size: [96, 130] }',
      'fathom.yaml:1:23: dataset.size.1: expected a multiple of 16 (nearest: 128 and 144), got 130',
    ],
    [
      'dataset: { size: 8 }',
      'fathom.yaml:1:18: dataset.size: expected a multiple of 16 (nearest: 16), got 8',
    ],
    [
      'dataset: { size: [64] }',
      'fathom.yaml:1:18: dataset.size: expected one multiple of 16, or two: [height, width], got [64]',
    ],
    [
      `dataset: { kind: folder, path: x, depth: d }`,
      'fathom.yaml:1:42: dataset.depth: expected keys and values such as { folder: depth, scale: 1/1000, maxDepth: 10 }, got "d"',
    ],
    [
      `dataset: { kind: folder, path: x, depth: { scale: 1/0, maxDepth: 1 } }`,
      'fathom.yaml:1:51: dataset.depth.scale: expected a number above 0, or a ratio such as 1/1000, got "1/0"',
    ],
    [
      'dataset: { fraction: 1/0 }',
      'fathom.yaml:1:22: dataset.fraction: expected a number above 0 and at most 1, or a ratio such as 1/16, got "1/0"',
    ],
    [
      'dataset: { fraction: 3/2 }',
      'fathom.yaml:1:22: dataset.fraction: expected a number above 0 and at most 1, or a ratio such as 1/16, got "3/2"',
    ],
    [
      'dataset: { kind: foldr }',
      'fathom.yaml:1:18: dataset.kind: expected one of synthetic, folder, composite, nyu, got "foldr" | did you mean \'folder\'?',
    ],
    [
      'dataset:\n  kind: folder\n  pth: data\n',
      "fathom.yaml:3:3: dataset.pth: unknown key; did you mean 'path'? | known here: kind, path, test, image, mask, depth, background, scene, limit, fraction, size, split",
    ],
    [
      'dataset:\n  kind: folder\n',
      'fathom.yaml:2:3: dataset.path: expected a folder or a .zip file, got nothing',
    ],
    [
      'dataset: { split: { validation: 0.6, test: 0.5 } }',
      'fathom.yaml:1:19: dataset.split: expected validation and test to sum to less than 1, got keys and values',
    ],
    [
      `${folder}  scene: { blok: 10 }`,
      "fathom.yaml:5:10: dataset.scene: expected { block: 10 } or { pattern: '^(.*)_' }, got keys and values",
    ],
    [
      `${folder}  scene: { pattern: "room" }`,
      'fathom.yaml:5:21: dataset.scene.pattern: expected a regular expression with a group, such as \'^(.*)_\', got "room"',
    ],
    [
      'device: gpu',
      "fathom.yaml:1:9: device: unknown device 'gpu': did you mean 'cpu'? (known: cpu, cuda, webgpu)",
    ],
    [
      'model: { kind: resnet }',
      /^fathom.yaml:1:16: model.kind: unknown model 'resnet': did you mean 'resunet'\? /,
    ],
    ['model: resnet', /^fathom.yaml:1:8: model: unknown model 'resnet': did you mean 'resunet'\? /],
    [
      'models: [resunet, { kind: resunet, wdth: 4 }]',
      /^fathom.yaml:1:36: models.1.wdth: unknown key; did you mean 'width'\?/,
    ],
    [
      'model: { input: [image, background] }',
      'fathom.yaml:1:17: model.input: expected [image] or [background, image], got ["image", "background"]',
    ],
    [
      'train: { schedule: { pctStart: 1.5 } }',
      'fathom.yaml:1:32: train.schedule.pctStart: expected a number above 0 and below 1, got 1.5',
    ],
    [
      'study: { depth: [rmse, "ssim +"] }',
      "fathom.yaml:1:24: study.depth.1: loss expression, column 7: expected a loss, a number or '(', got the end",
    ],
    [
      'study: { segmentation: [bce-dice] }',
      'fathom.yaml:1:24: study.segmentation: expected no list unless study.pairs is factorial: no other reads it, got ["bce-dice"]',
    ],
    [
      'study: { segmentation: [bce, " bce"] }',
      'fathom.yaml:1:24: study.segmentation: expected each loss once, got ["bce", " bce"]',
    ],
    [
      'study: { pairs: publish }',
      'fathom.yaml:1:17: study.pairs: expected published, factorial, or a list of pairs such as [[bce-dice, rmse]], got "publish"',
    ],
    [
      'study: { pairs: [[bce, rmse], [bce]] }',
      'fathom.yaml:1:31: study.pairs.1: expected a pair such as [bce-dice, rmse], got ["bce"]',
    ],
    [
      'study: { pairs: [[bce, rmse], [bce, rmse]] }',
      'fathom.yaml:1:17: study.pairs: expected each pair once, got a list of 2',
    ],
    ['name: ../x', 'fathom.yaml:1:7: name: expected a name of letters, digits, dots and dashes, got "../x"'],
    ['- a\n- b\n', 'fathom.yaml:1:1: expected keys and values such as train: { epochs: 3 }'],
    ['a: 1\na: 2\n', 'fathom.yaml:2:1: not valid YAML: Map keys must be unique'],
    [
      'name: *x',
      'fathom.yaml: not valid YAML: Unresolved alias (the anchor must be set before the alias): x',
    ],
    ['train: [1\n', /^fathom.yaml:\d+:\d+: not valid YAML: /],
  ])('in %j', (text, expected) => {
    const message = failure(() => parse(text));
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });

  it('in a loss that does not exist, where a check is given', () => {
    const checkLoss = (loss: string) => {
      if (loss === 'dise')
        throw new FathomError('usage', "unknown loss 'dise'\n  dise\n  ^", { hint: 'see loss list' });
    };
    const text = 'study:\n  pairs:\n    - [bce, rmse]\n    - { segmentation: dise, depth: bce }\n';
    expect(failure(() => parseConfig({ text, file: 'a.yaml' }, { checkLoss }))).toBe(
      "a.yaml:4:23: study.pairs.1.segmentation: unknown loss 'dise' | see loss list",
    );
  });
});

describe('--set', () => {
  it('overrides values, read as YAML', () => {
    const config = parse('train: { epochs: 3 }', [
      'train.epochs=5',
      'study.pairs=factorial',
      'study.depth=[rmse, l1]',
      'dataset.fraction=1/8',
      'model={ kind: resunet, width: 16 }',
      'train.optimizer.kind=sgd',
    ]);
    expect(config.train.epochs).toBe(5);
    expect(config.study.depth).toEqual(['rmse', 'l1']);
    expect(config.dataset.fraction).toBe(1 / 8);
    expect(config.model.width).toBe(16);
    expect(config.train.optimizer.kind).toBe('sgd');
    expect(parse('', ['dataset.count=64']).dataset).toMatchObject({ kind: 'synthetic', count: 64 });
  });

  it.each([
    ['train.epoch=3', /^--set train.epoch=3: train.epoch: unknown key; did you mean 'epochs'\? /],
    ['train.epochs=0', '--set train.epochs=0: train.epochs: expected an integer of at least 1, got 0'],
    ['train.epochs=', '--set train.epochs=: train.epochs: expected an integer of at least 1, got nothing'],
    ['train.epochs', '--set train.epochs: expected key=value | write --set train.epochs=5'],
    ['=3', '--set =3: expected key=value | write --set train.epochs=5'],
    ['train.epochs=[1', /^--set train.epochs=\[1: not valid YAML: /],
    [
      'name.x=1',
      '--set name.x=1: name has no keys of its own here | set the whole of it, such as --set name={…}',
    ],
    [
      'dataset.kind=folder',
      '--set dataset.kind=folder: dataset.path: expected a folder or a .zip file, got nothing',
    ],
  ])('with a mistake: %s', (argument, expected) => {
    const message = failure(() => parse('name: x', [argument]));
    if (typeof expected === 'string') expect(message).toBe(expected);
    else expect(message).toMatch(expected);
  });
});

describe('environment', () => {
  it('fills in strings, with defaults and escapes', () => {
    const text = `name: \${STUDY}-1\ntrain: { epochs: 2 }\nseed: \${SEED:-3}\n${folder.replace('path: data', "path: '${ROOT:-/data}/rooms'")}`;
    const config = parse(text, [], { STUDY: 'mine' });
    expect(config.name).toBe('mine-1');
    expect(config.seed).toBe(3);
    expect(config.dataset).toMatchObject({ path: '/data/rooms' });
    expect(
      parse('dataset: { kind: folder, path: "/a/$${X}", depth: { scale: 1, maxDepth: 1 } }').dataset,
    ).toMatchObject({
      path: '/a/${X}',
    });
  });

  it('is an error where a variable without default is not set', () => {
    expect(failure(() => parse('name: ${STUDY}'))).toBe(
      'fathom.yaml:1:7: name: expected the environment variable STUDY to be set | set it, or give a default: ${STUDY:-…}',
    );
  });
});

describe('loadConfig', () => {
  it('takes paths relative to the file, and those of --set relative to the working folder', async () => {
    const root = await mkdtemp(join(tmpdir(), 'fathom-config-'));
    const file = join(root, 'fathom.yaml');
    await writeFile(file, `${folder}  test: ../held-out.zip\n`);
    const { dataset } = await loadConfig({ file });
    expect(dataset).toMatchObject({ path: join(root, 'data'), test: join(root, '..', 'held-out.zip') });
    const other = await loadConfig({ file, set: ['dataset.path=elsewhere'] });
    expect(other.dataset).toMatchObject({ path: resolve('elsewhere') });
  });

  it('says when the file is not there, or is a folder', async () => {
    await expect(loadConfig({ file: '/nowhere/fathom.yaml' })).rejects.toMatchObject({
      code: 'usage',
      message: '/nowhere/fathom.yaml: no such file',
      hint: 'give the path of a YAML file; `fathom init` writes one to start from',
    });
    await expect(loadConfig({ file: tmpdir() })).rejects.toMatchObject({
      message: `${tmpdir()}: is a folder, not a file`,
    });
  });
});
