/**
 * Turns what the schema finds into the words of one mistake.
 *
 * A schema's own message says what was expected; ` , got …` is added here. A message that starts with `!` is
 * complete. A second line is the hint.
 */
import type { z } from 'zod';
import { nearest } from '../errors.js';

/** The first mistake in a configuration. */
export interface Mistake {
  /** Keys from the root to the value, or to the unknown key. */
  readonly path: readonly PropertyKey[];
  /** Such as `expected an integer, got "three"`. */
  readonly problem: string;
  readonly hint?: string;
  /** The mistake is the key itself and not its value. */
  readonly atKey: boolean;
}

const typeNames: Readonly<Record<string, string>> = {
  object: 'keys and values',
  array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

/** The error map of the schema: messages for what has none of its own. */
export const describeIssue: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys((issue.inst as z.ZodObject | undefined)?.shape ?? {});
    const near = nearest(issue.keys[0], known);
    return `!unknown key${near ? `; did you mean '${near}'?` : ''}\nknown here: ${known.join(', ')}`;
  }
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const options = (issue as { options?: readonly unknown[] }).options ?? [];
    const known = options.filter((option) => typeof option === 'string');
    const near = typeof issue.input === 'object' && kindNear(issue.input, issue.discriminator, known);
    return `one of ${known.join(', ')}${near ? `\ndid you mean '${near}'?` : ''}`;
  }
  if (issue.code === 'invalid_type') return typeNames[issue.expected] ?? issue.expected;
  return undefined;
};

function kindNear(input: object | null, discriminator: string, known: readonly string[]): string | undefined {
  const value = (input as Record<string, unknown> | null)?.[discriminator];
  return typeof value === 'string' ? nearest(value, known) : undefined;
}

/** A value as messages show it: short, on one line. */
function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) {
    const items = value.every((item) => typeof item !== 'object') ? `[${value.map(show).join(', ')}]` : '';
    return items.length > 0 && items.length <= 40 ? items : `a list of ${value.length}`;
  }
  if (typeof value === 'object') return 'keys and values';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

const valueAt = (root: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined | null)?.[key],
    root,
  );

/** Follows a union into the one branch that takes values of this type, where the real mistake is. */
function innermost(issue: z.core.$ZodIssue, root: unknown): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const value = valueAt(root, issue.path);
  const branches = issue.errors.filter(([first]) => first && !isOtherType(first, value));
  if (branches.length !== 1) return issue;
  const inner = innermost(mostTelling(branches[0]), value);
  return { ...inner, path: [...issue.path, ...inner.path] };
}

/** Whether a branch's issue only says that it is for values of another type, or lists of another length. */
const isOtherType = ({ code, path }: z.core.$ZodIssue, value: unknown): boolean =>
  path.length === 0 &&
  (code === 'invalid_value'
    ? typeof value !== 'string'
    : code === 'invalid_type' ||
      code === 'invalid_union' ||
      (Array.isArray(value) && code.startsWith('too_')));

/** An unknown key before all else: it is often the misspelling of the one that is missing. */
const mostTelling = (issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue =>
  issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];

/** The first mistake among the schema's issues with `root`. */
export function firstMistake(issues: readonly z.core.$ZodIssue[], root: unknown): Mistake {
  const issue = innermost(mostTelling(issues), root);
  const [message, hint] = issue.message.split('\n');
  if (issue.code === 'unrecognized_keys')
    return { path: [...issue.path, issue.keys[0]], problem: message.slice(1), hint, atKey: true };
  const problem = message.startsWith('!')
    ? message.slice(1)
    : `expected ${message}, got ${show(valueAt(root, issue.path))}`;
  return { path: issue.path, problem, hint, atKey: false };
}
