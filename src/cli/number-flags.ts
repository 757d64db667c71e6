/** Numbers on the command line. Each parser throws a FathomError of code `usage` for what it does not take. */
import { FathomError } from '../errors.js';

/**
 * A parser for the option `--name` that takes an integer of at least `least` and at most `most`.
 *
 * @example command.option('--rows <count>', 'samples to draw', integerFlag('rows'), 4)
 */
export function integerFlag(name: string, least = 1, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw new FathomError(
        'usage',
        `--${name}: expected an integer of at least ${least}${most < Number.MAX_SAFE_INTEGER ? ` and at most ${most}` : ''}, got ${text}`,
      );
    return value;
  };
}

/** A parser for a size in pixels: one number, or height × width such as `96x128`. */
export function sizeFlag(name: string) {
  return (text: string): [height: number, width: number] => {
    const [, height, width = height] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
    const size: [number, number] = [Number(height), Number(width)];
    if (!size.every((side) => side >= 1 && side <= 4096))
      throw new FathomError(
        'usage',
        `--${name}: expected pixels up to 4096, or height and width, got ${text}`,
        {
          hint: 'such as 96 or 96x128',
        },
      );
    return size;
  };
}

/** A parser for a range of shares above 0 and up to 1, the lower one first, such as `0.3,0.7`. */
export function rangeFlag(name: string) {
  return (text: string): [low: number, high: number] => {
    const [low, high, ...rest] = text.split(',').map(Number);
    if (!(low > 0 && high >= low && high <= 1) || rest.length > 0)
      throw new FathomError('usage', `--${name}: expected two numbers above 0 and up to 1, got ${text}`, {
        hint: 'such as 0.3,0.7',
      });
    return [low, high];
  };
}

/** A parser for the option `--name` that takes a number above 0. */
export function positiveFlag(name: string) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isFinite(value) || value <= 0)
      throw new FathomError('usage', `--${name}: expected a number above 0, got ${text}`);
    return value;
  };
}

/** A parser for three numbers, one for each of red, green and blue, such as `0.485,0.456,0.406`. */
export function tripleFlag(name: string) {
  return (text: string): [number, number, number] => {
    const values = text.split(',').map(Number);
    if (values.length !== 3 || !values.every(Number.isFinite))
      throw new FathomError('usage', `--${name}: expected three numbers, got ${text}`, {
        hint: 'such as 0.485,0.456,0.406',
      });
    return values as [number, number, number];
  };
}
