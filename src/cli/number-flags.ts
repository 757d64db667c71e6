/** Numbers on the command line. */
import { FathomError } from '../errors.js';

/**
 * A parser for the option `--name` that takes an integer of at least `least`.
 * It throws a FathomError of code `usage` for anything else.
 *
 * @example command.option('--rows <count>', 'samples to draw', integerFlag('rows'), 4)
 */
export function integerFlag(name: string, least = 1) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new FathomError('usage', `--${name}: expected an integer of at least ${least}, got ${text}`);
    return value;
  };
}
