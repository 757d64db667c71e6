/** Building blocks of the schema: each field states in words what it expects, and error messages repeat that. */
import { z } from 'zod';
import { unknownValue } from '../errors.js';

/** Bounds of a number; `above` and `below` exclude the bound itself. */
interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

function inWords(noun: string, { min, max, above, below }: Bounds): string {
  const bounds = [
    above !== undefined && `above ${above}`,
    min !== undefined && `of at least ${min}`,
    below !== undefined && `below ${below}`,
    max !== undefined && `at most ${max}`,
  ].filter(Boolean);
  return [noun, bounds.join(' and ')].join(' ').trim();
}

function bounded(schema: z.ZodNumber, { min, max, above, below }: Bounds, error: string): z.ZodNumber {
  let result = schema;
  if (min !== undefined) result = result.min(min, { error });
  if (max !== undefined) result = result.max(max, { error });
  if (above !== undefined) result = result.gt(above, { error });
  if (below !== undefined) result = result.lt(below, { error });
  return result;
}

/** A finite number within bounds. */
export function number(bounds: Bounds = {}) {
  const error = inWords('a number', bounds);
  return bounded(z.number({ error }), bounds, error);
}

/** A whole number within bounds. */
export function integer(bounds: Bounds = {}) {
  const error = inWords('an integer', bounds);
  return bounded(z.int({ error }), bounds, error);
}

/** A non-empty text. */
export function text(expected: string) {
  return z.string({ error: expected }).min(1, { error: expected });
}

/** `true` or `false`. */
export const flag = () => z.boolean({ error: 'true or false' });

/** One of a few words; a misspelt one is answered with the nearest. */
export function choice<const Option extends string>(noun: string, options: readonly Option[]) {
  return z.enum(options, {
    error: ({ input }) =>
      typeof input === 'string' ? `!${unknownValue(noun, input, options)}` : `one of ${options.join(', ')}`,
  });
}

/** The `kind` that may be left out, of a family of objects. */
export const defaultKind = <const Kind extends string>(kind: Kind) =>
  z.literal(kind).optional().default(kind);

/** A list of integers such as labels. */
export const labels = () =>
  z.array(integer({ min: 0, max: 65535 }), { error: 'a list of integers such as [0, 255]' });

const ratioPattern = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)\s*$/;

/** A positive number, as such or written as a ratio such as `1/16`; at most `max`. */
export function ratio(example: string, max = Number.MAX_VALUE) {
  const atMost = max === Number.MAX_VALUE ? '' : ` and at most ${max}`;
  const error = `a number above 0${atMost}, or a ratio such as ${example}`;
  const value = (input: number | string) => {
    if (typeof input === 'number') return input;
    const match = ratioPattern.exec(input);
    return match ? Number(match[1]) / Number(match[2]) : Number.NaN;
  };
  return z
    .union([z.number({ error }), z.string({ error })], { error })
    .refine((input) => value(input) > 0 && value(input) <= max, { error })
    .transform(value);
}
