/** Every key of a study's configuration, with its meaning, its bounds and its default: the reference of the tool. */
import { z } from 'zod';
import { formatExpression, parseExpression } from '../losses/expression.js';
import { models } from '../models/registry.js';
import { balancingMethods } from '../optim/balancing/registry.js';
import { augment } from './augment-schema.js';
import { dataset } from './dataset-schema.js';
import { choice, defaultKind, flag, integer, number, text } from './fields.js';

const modelKind = choice(
  'model',
  models.map(({ name }) => name),
);

const inputText = '[image] or [background, image]';

const modelFields = {
  width: integer({ min: 1, max: 1024 }).describe(
    'Channels at full resolution; every other layer scales with it.',
  ),
  input: z
    .array(z.enum(['background', 'image'], { error: inputText }), { error: inputText })
    .refine((names) => ['image', 'background,image'].includes(names.join()), { error: inputText })
    .describe('Images that the network sees, stacked. Default: the background too where the data has it.'),
};

const model = z
  .union(
    [
      modelKind,
      z.strictObject({
        kind: modelKind.default('resunet').describe('Architecture.'),
        width: modelFields.width.default(8),
        input: modelFields.input.optional(),
      }),
    ],
    { error: 'a model such as resunet, or { kind: resunet, width: 8 }' },
  )
  .transform((value) => (typeof value === 'string' ? { kind: value, width: 8, input: undefined } : value))
  .prefault({})
  .describe('The network: a kind, or an object.');

const otherModel = z.union(
  [
    modelKind,
    z.strictObject({
      kind: modelKind.describe('Architecture.'),
      width: modelFields.width.optional(),
      input: modelFields.input.optional(),
    }),
  ],
  { error: 'a model such as resunet, or { kind: resunet, width: 8 }' },
);

const rate = number({ above: 0 }).default(0.01).describe('Learning rate; a one-cycle schedule sets its own.');
const weightDecay = number({ min: 0 });
const adamFields = {
  lr: rate,
  betas: z
    .tuple([number({ min: 0, below: 1 }), number({ min: 0, below: 1 })], {
      error: 'two numbers such as [0.9, 0.999]',
    })
    .default([0.9, 0.999])
    .describe('Decay of the running means of the gradient and of its square.'),
  eps: number({ above: 0 }).default(1e-8).describe('Added to the denominator.'),
};

const optimizer = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: defaultKind('adamw').describe('Adam with decoupled weight decay.'),
      ...adamFields,
      weightDecay: weightDecay
        .default(0.01)
        .describe('Share of each weight taken off a step, times the learning rate.'),
    }),
    z.strictObject({
      kind: z.literal('adam').describe('Adam; weight decay is added to the gradient.'),
      ...adamFields,
      weightDecay: weightDecay.default(0).describe('L2 penalty, added to the gradient.'),
    }),
    z.strictObject({
      kind: z.literal('sgd').describe('Stochastic gradient descent with momentum.'),
      lr: rate,
      momentum: number({ min: 0, below: 1 }).default(0.9).describe('Decay of the velocity.'),
      weightDecay: weightDecay.default(0).describe('L2 penalty, added to the gradient.'),
    }),
  ])
  .prefault({})
  .describe('How gradients become steps.');

const schedule = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: defaultKind('one-cycle').describe(
        'Up to maxLr, then down to almost nothing, each along a cosine.',
      ),
      maxLr: number({ above: 0 }).default(0.01).describe('The highest learning rate.'),
      pctStart: number({ above: 0, below: 1 }).default(0.3).describe('Share of the steps that goes up.'),
      divFactor: number({ min: 1 }).default(25).describe('The first learning rate is maxLr divided by this.'),
      finalDivFactor: number({ min: 1 }).default(1e4).describe('The last is the first divided by this.'),
    }),
    z.strictObject({
      kind: z.literal('constant').describe('The learning rate of the optimizer throughout.'),
    }),
    z.strictObject({
      kind: z.literal('cosine').describe('From the learning rate of the optimizer to 0 along a cosine.'),
    }),
  ])
  .prefault({})
  .describe('How the learning rate changes from step to step.');

const initText = 'a .safetensors file, or { file: weights.safetensors, partial: true }';

const train = z
  .strictObject({
    epochs: integer({ min: 1 }).default(3).describe('Passes over the training split.'),
    batch: integer({ min: 1 }).default(8).describe('Images a step.'),
    optimizer,
    schedule,
    clipNorm: number({ above: 0 })
      .optional()
      .describe('Longest gradient, over all parameters; longer ones are scaled down.'),
    init: z
      .union(
        [
          text(initText),
          z.strictObject({
            file: text('the path of a .safetensors file').describe(
              'A .safetensors file, relative to this file.',
            ),
            partial: flag().default(false).describe('Takes the tensors that fit and leaves the others.'),
          }),
        ],
        { error: initText },
      )
      .transform((value) => (typeof value === 'string' ? { file: value, partial: false } : value))
      .optional()
      .describe('Weights to start from, by the names of a PyTorch state dict. Random unless given.'),
    augment,
    earlyStop: z
      .strictObject(
        {
          patience: integer({ min: 1 }).describe(
            'Epochs without a better validation score after which training ends.',
          ),
        },
        { error: 'keys and values such as { patience: 5 }' },
      )
      .optional()
      .describe('Ends training when validation no longer improves. Never unless given.'),
  })
  .prefault({})
  .describe('One training run.');

const lossText = 'a loss such as bce or "bce + 2*dice(smooth=1)"';

/** A loss expression whose form is checked; its names are looked up where the losses are known. */
const loss = text(lossText).superRefine((value, context) => {
  try {
    parseExpression(value);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      continue: false,
      message: `!${(error as Error).message.split('\n')[0]}`,
    });
  }
});

const canonical = (expression: string) => formatExpression(parseExpression(expression));

const distinct = <Item>(items: readonly Item[], key: (item: Item) => string) =>
  new Set(items.map(key)).size === items.length;

const losses = (names: string[], task: string) =>
  z
    .array(loss, { error: 'a list of losses such as [bce, dice]' })
    .min(1, { error: 'at least one loss' })
    .refine((list) => distinct(list, canonical), { error: 'each loss once' })
    .default(names)
    .describe(`${task} losses of a factorial study.`);

const pair = z.union(
  [
    z.tuple([loss, loss]).transform(([segmentation, depth]) => ({ segmentation, depth })),
    z.strictObject({ segmentation: loss, depth: loss }),
  ],
  { error: 'a pair such as [bce-dice, rmse]' },
);

const pairsText = 'published, factorial, or a list of pairs such as [[bce-dice, rmse]]';

const weightText = `a number of at least 0, ${balancingMethods.join(', ')}, or a list of them`;

const weight = z.union([number({ min: 0 }), choice('balancing method', balancingMethods)], {
  error: weightText,
});

const protocolText = 'as-is, normalised, or both as a list';

const protocol = z.enum(['as-is', 'normalised'], { error: protocolText });

const factorialLosses = {
  segmentation: ['bce', 'dice', 'tversky(alpha=0.6, beta=0.5)', 'bce-dice', 'bce-tversky'],
  depth: ['bce', 'berhu', 'rmse', 'grad', 'ssim'],
} as const;

const study = z
  .strictObject({
    pairs: z
      .union(
        [
          z.enum(['published', 'factorial'], { error: pairsText }),
          z
            .array(pair, { error: pairsText })
            .min(1, { error: 'at least one pair' })
            .refine(
              (list) =>
                distinct(list, ({ segmentation, depth }) => `${canonical(segmentation)}|${canonical(depth)}`),
              {
                error: 'each pair once',
              },
            ),
        ],
        { error: pairsText },
      )
      .default('published')
      .describe(
        'Pairs of losses: the ten published ones, every segmentation with every depth loss, or a list.',
      ),
    segmentation: losses([...factorialLosses.segmentation], 'Segmentation'),
    depth: losses([...factorialLosses.depth], 'Depth'),
    weight: z
      .union(
        [
          weight,
          z
            .array(weight, { error: weightText })
            .min(1, { error: 'at least one weight' })
            .refine((list) => distinct(list, String), { error: 'each weight once' }),
        ],
        { error: weightText },
      )
      .default(2)
      .describe(
        'The joint loss is segmentation + weight × depth; or a balancing method. A list is a second axis of the study: every pair with each; 2 joins a list without a number.',
      ),
    protocol: z
      .union(
        [
          protocol,
          z
            .array(protocol)
            .min(1)
            .max(2)
            .refine((list) => distinct(list, String)),
        ],
        {
          error: protocolText,
        },
      )
      .default('as-is')
      .describe(
        'Losses as written; or normalised, each divided by the norm of its first gradient on the shared encoder; or both.',
      ),
    cosine: integer({ min: 0 })
      .optional()
      .describe(
        'Steps from one measurement of the cosine between both gradients on the shared encoder to the next, 0 for none; each costs about two steps. Default: 10 where the study balances or compares weights, else 0.',
      ),
    seeds: z
      .union(
        [
          integer({ min: 1, max: 1000 }),
          z
            .array(integer({ min: 0, max: 2 ** 32 - 1 }))
            .min(1)
            .refine((list) => distinct(list, String)),
        ],
        { error: 'a count from 1 to 1000, or a list of different seeds such as [0, 1, 2]' },
      )
      .default(1)
      .describe('Runs of each pair: a count, or the seeds themselves.'),
    duplicate: flag()
      .default(true)
      .describe('Runs one pair twice with different random streams: the difference is the noise floor.'),
  })
  .superRefine((value, context) => {
    if (value.pairs === 'factorial') return;
    for (const task of ['segmentation', 'depth'] as const) {
      if (value[task].join() === factorialLosses[task].join()) continue;
      context.addIssue({
        code: 'custom',
        path: [task],
        message: 'no list unless study.pairs is factorial: no other reads it',
      });
    }
  })
  .prefault({})
  .describe('The runs that are compared.');

/** The schema of a configuration file. Its output is a {@link ResolvedConfig}, which it also accepts as input. */
export const configSchema = z
  .strictObject({
    name: z
      .string({ error: 'a name' })
      .regex(/^\w[\w.-]*$/, { error: 'a name of letters, digits, dots and dashes' })
      .default('loss-comparison')
      .describe('Name of the study, and of its folder.'),
    seed: integer({ min: 0, max: 2 ** 31 - 1 })
      .default(0)
      .describe('Decides the data, the splits and the first seed.'),
    device: choice('device', ['cpu', 'cuda', 'webgpu']).default('cpu').describe('What computes.'),
    threads: integer({ min: 0, max: 1024 }).default(0).describe('Threads of the CPU; 0 for all cores.'),
    dataset,
    model,
    models: z
      .array(otherModel, { error: 'a list of models such as [resunet-wide, resunet]' })
      .min(1, { error: 'at least one model' })
      .optional()
      .describe(
        'Capacity study: every pair runs once with each. What an entry leaves out is taken from model.',
      ),
    train,
    losses: z
      .array(text('the path of a file'), { error: 'a list of files such as [losses/mine.ts]' })
      .default([])
      .describe(
        'Files of losses of your own, .ts or .js, relative to this file; their names can be used in any expression.',
      ),
    study,
    figures: z
      .strictObject({
        rows: integer({ min: 1, max: 64 })
          .default(4)
          .describe('Images shown in each figure; half as many in the picture of an epoch.'),
      })
      .prefault({})
      .describe('The pictures that a study leaves behind.'),
  })
  .transform(({ models: others, study, ...config }) => ({
    ...config,
    models: others?.map((other) => ({
      ...config.model,
      ...(typeof other === 'string' ? { kind: other } : other),
    })),
    study: {
      ...study,
      seeds:
        typeof study.seeds === 'number'
          ? Array.from({ length: study.seeds }, (_, index) => config.seed + index)
          : study.seeds,
    },
  }));

/** A configuration with every default filled in and every short form written out. */
export type ResolvedConfig = z.output<typeof configSchema>;

/** Architecture, width and inputs of a network. */
export type ModelConfig = ResolvedConfig['model'];

/** One training run. */
export type TrainConfig = ResolvedConfig['train'];

/** The pairs of losses and the seeds. */
export type StudyConfig = ResolvedConfig['study'];

/** How the two losses of a run become one: a fixed weight of depth, or a balancing method. */
export type WeightConfig = z.output<typeof weight>;

/** Whether losses are taken as written, or divided by the norm of their first gradient. */
export type Protocol = z.output<typeof protocol>;
