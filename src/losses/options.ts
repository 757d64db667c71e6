/** The options of a loss: what its schema says of them in words, and checking what was written against it. */
import { z } from 'zod';
import { unknownValue } from '../errors.js';
import type { Expression } from './expression.js';

/** What a schema says about one option. */
export interface OptionInfo {
  readonly name: string;
  /** What is taken, in words: `a number ≥ 0`. */
  readonly expected: string;
  /** The default; undefined where the option must be given. */
  readonly initial: unknown;
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const nouns: Readonly<Record<string, string>> = {
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  string: 'a word',
  array: 'a list of numbers',
};

function inWords(schema: JsonSchema): string {
  if (schema.description) return schema.description;
  if (schema.enum) return schema.enum.join(' or ');
  const bounds = [
    ['>', schema.exclusiveMinimum],
    ['≥', schema.minimum],
    ['<', schema.exclusiveMaximum],
    ['≤', schema.maximum],
  ] as const;
  const written = bounds.filter(
    ([, bound]) => bound !== undefined && Number.isFinite(bound) && Math.abs(bound) < 2 ** 53 - 1,
  );
  return [nouns[schema.type ?? ''] ?? 'a value', written.map((bound) => bound.join(' ')).join(' and ')]
    .join(' ')
    .trim();
}

/**
 * The options of a schema, in its order.
 *
 * @example describeOptions(tversky.options)[0] // { name: 'alpha', expected: 'a number ≥ 0', initial: 0.3 }
 */
export function describeOptions(schema: z.ZodType): OptionInfo[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    expected: inWords(property),
    initial: property.default,
  }));
}

/** A value as it is written in an expression. */
export const showOption = (value: unknown): string =>
  Array.isArray(value) ? `[${value.join(', ')}]` : String(value);

/** Numbers beyond this leave float32 once they meet a loss. */
const largestNumber = 1e6;

/** What is wrong with a number in an expression, or undefined. */
export const numberProblem = (value: number): string | undefined =>
  Math.abs(value) > largestNumber
    ? `expected a number of at most ${largestNumber} in size, got ${value}`
    : undefined;

/** The options with their defaults, or what is wrong with them in words. */
export type CheckedOptions = { readonly value: unknown } | { readonly problem: string };

/** Checks the options of a loss as they were written. */
export function checkOptions(
  schema: z.ZodType,
  written: Extract<Expression, { kind: 'loss' }>['options'],
): CheckedOptions {
  const known = describeOptions(schema);
  const names = known.map(({ name }) => name);
  for (const [name, value] of Object.entries(written)) {
    if (!names.includes(name)) {
      return {
        problem: names.length > 0 ? unknownValue('option', name, names) : `expected no options, got ${name}`,
      };
    }
    for (const number of [value].flat()) {
      const problem = typeof number === 'number' && numberProblem(number);
      if (problem) return { problem: `${name}: ${problem}` };
    }
  }
  const result = schema.safeParse(written);
  if (result.success) return { value: result.data };
  const [issue] = result.error.issues;
  const name = String(issue.path[0] ?? '');
  const option = known.find((candidate) => candidate.name === name);
  if (!option) return { problem: issue.message };
  const got = Object.hasOwn(written, name) ? showOption(written[name]) : 'nothing';
  return { problem: `${name}: expected ${option.expected}, got ${got}` };
}
