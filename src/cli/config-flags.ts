/** The options that every command with a configuration shares. */
import type { Command } from 'commander';
import type { ResolvedConfig } from '../config/schema.js';
import { FathomError } from '../errors.js';
import type { CliContext } from './context.js';

/** What {@link withConfigFlags} parses. */
export interface ConfigFlags {
  readonly set?: readonly string[];
  readonly device?: string;
}

/** Adds `--set` and `--device`. */
export const withConfigFlags = (command: Command): Command =>
  command
    .option(
      '--set <key=value>',
      'override a key of the configuration, such as train.epochs=5; may be repeated',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--device <device>', 'cpu, cuda or webgpu');

/** What {@link withPairFlags} parses. */
export interface PairFlags {
  readonly segmentation?: string;
  readonly depth?: string;
}

/** Adds `--segmentation` and `--depth`, the losses of a command that trains one pair. */
export const withPairFlags = (command: Command): Command =>
  command
    .option('--segmentation <loss>', 'segmentation loss, such as "bce + 2*dice"')
    .option('--depth <loss>', 'depth loss, such as rmse');

/** The override of the configuration that makes the pair of the flags its only one; none without the flags. */
export function pairOverride({ segmentation, depth }: PairFlags): string[] {
  if ((segmentation === undefined) !== (depth === undefined))
    throw new FathomError('usage', 'expected both --segmentation and --depth, or neither');
  return segmentation === undefined ? [] : [`study.pairs=${JSON.stringify([[segmentation, depth]])}`];
}

/** Loads the configuration with its overrides; losses are looked up. Throws a FathomError of code `usage`. */
export async function loadStudyConfig(
  file: string | undefined,
  { set = [], device }: ConfigFlags,
  { env }: CliContext,
): Promise<ResolvedConfig> {
  const [{ loadConfig }, { compileLoss }] = await Promise.all([
    import('../config/index.js'),
    import('../losses/registry.js'),
  ]);
  const overrides = device === undefined ? set : [...set, `device=${device}`];
  return loadConfig({ file, set: overrides, env, checkLoss: compileLoss });
}
