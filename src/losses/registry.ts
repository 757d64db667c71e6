/** Looks losses up by task and name, and turns a loss expression into a function of symbolic tensors. */
import { FathomError, unknownValue } from '../errors.js';
import { add, mul, type Tensor } from '../graph/index.js';
import { aliases, builtInLosses } from './catalogue.js';
import {
  type Expression,
  ExpressionError,
  formatExpression,
  type LossTerm,
  parseExpression,
} from './expression.js';
import type { Loss, LossInputs, Task } from './loss.js';
import { checkOptions, describeOptions, numberProblem, type OptionInfo } from './options.js';
import { safeLog, safeSqrt } from './power.js';

/** An input that only some losses need. */
type LossNeed = NonNullable<Loss['needs']>[number];

/** A loss expression, ready to be written into a graph. */
export interface CompiledLoss {
  /** Its canonical text. */
  readonly text: string;
  /** Names of the losses it is made of; those behind an alias too. */
  readonly names: readonly string[];
  /** Inputs beyond logits, target and valid that it cannot do without. */
  readonly needs: readonly LossNeed[];
  /** The scalar loss. Throws a FathomError of code `usage` when an input it needs is missing. */
  evaluate(inputs: LossInputs): Tensor;
}

/** One line of {@link listLosses}. */
export interface LossInfo {
  readonly name: string;
  readonly task: Task;
  /** The formula, or the expression an alias stands for. */
  readonly formula: string;
  readonly source: string;
  readonly alias: boolean;
  readonly options: readonly OptionInfo[];
  readonly needs: readonly LossNeed[];
}

/** Everything that has a name: the losses of `extra`, the built-in ones and the aliases, by task. */
export function listLosses(extra: readonly Loss[] = []): LossInfo[] {
  const losses = [...extra, ...builtInLosses].map((loss) => ({
    name: loss.name,
    task: loss.task,
    formula: loss.summary,
    source: loss.source,
    alias: false,
    options: describeOptions(loss.options),
    needs: loss.needs ?? [],
  }));
  const shortcuts = aliases.map(({ name, task, expression, source }) => ({
    name,
    task,
    formula: expression,
    source,
    alias: true,
    options: [],
    needs: [],
  }));
  const all = [...losses, ...shortcuts];
  return (['segmentation', 'depth'] as const).flatMap((task) => all.filter((loss) => loss.task === task));
}

/** What a part of an expression becomes: a number, or a graph. */
type Evaluator = (inputs: LossInputs) => Tensor | number;

interface Scope {
  readonly text: string;
  readonly task: Task;
  readonly losses: readonly Loss[];
  readonly names: Set<string>;
  readonly needs: Set<LossNeed>;
}

function fold(
  evaluators: readonly Evaluator[],
  ofNumbers: (a: number, b: number) => number,
  op: typeof add,
): Evaluator {
  return (inputs) =>
    evaluators
      .map((evaluate) => evaluate(inputs))
      .reduce((a, b) => (typeof a === 'number' && typeof b === 'number' ? ofNumbers(a, b) : op(a, b)));
}

function build(expression: Expression, scope: Scope): Evaluator {
  switch (expression.kind) {
    case 'number': {
      const problem = numberProblem(expression.value);
      if (problem) throw new FathomError('usage', `loss expression '${scope.text}': ${problem}`);
      return () => expression.value;
    }
    case 'loss':
      return buildLoss(expression, scope);
    case 'sum':
      return fold(
        expression.terms.map((term) => build(term, scope)),
        (a, b) => a + b,
        add,
      );
    case 'product':
      return fold(
        expression.factors.map((factor) => build(factor, scope)),
        (a, b) => a * b,
        mul,
      );
    default: {
      const argument = build(expression.argument, scope);
      const [ofNumber, ofTensor] = expression.kind === 'sqrt' ? [Math.sqrt, safeSqrt] : [Math.log, safeLog];
      return (inputs) => {
        const x = argument(inputs);
        return typeof x === 'number' ? ofNumber(x) : ofTensor(x);
      };
    }
  }
}

function buildLoss(term: LossTerm, scope: Scope): Evaluator {
  const { text, task, losses } = scope;
  const alias = aliases.find((candidate) => candidate.task === task && candidate.name === term.name);
  if (alias) {
    const [option] = Object.keys(term.options);
    if (option !== undefined) {
      throw new ExpressionError(
        text,
        term.column,
        `${term.name}: expected no options, got ${option}`,
        `write out ${alias.expression}`,
      );
    }
    return build(parseExpression(alias.expression), { ...scope, text: alias.expression });
  }
  const loss = losses.find((candidate) => candidate.task === task && candidate.name === term.name);
  if (!loss) throw unknownLoss(term, scope);
  const checked = checkOptions(loss.options, term.options);
  if ('problem' in checked) throw new ExpressionError(text, term.column, `${term.name}: ${checked.problem}`);
  scope.names.add(loss.name);
  for (const need of loss.needs ?? []) scope.needs.add(need);
  return (inputs) => loss.evaluate(inputs, checked.value);
}

function unknownLoss({ name, column }: LossTerm, { text, task, losses }: Scope): ExpressionError {
  const named = [...losses, ...aliases];
  const known = named.filter((loss) => loss.task === task).map((loss) => loss.name);
  const other = named.find((loss) => loss.name === name);
  const hint = other && `${name} is a ${other.task} loss`;
  return new ExpressionError(text, column, unknownValue(`${task} loss`, name, known), hint);
}

const meanings: Readonly<Record<LossNeed, string>> = {
  image: 'the image',
  distance: 'the signed distance map of the target',
};

function requireNeeds(text: string, needs: readonly LossNeed[], inputs: LossInputs): void {
  const missing = needs.find((need) => !inputs[need]);
  if (missing) throw new FathomError('usage', `${text}: needs ${meanings[missing]}, which is not given`);
}

const isNumeric = (expression: Expression): boolean => {
  switch (expression.kind) {
    case 'number':
      return true;
    case 'loss':
      return false;
    case 'sum':
      return expression.terms.every(isNumeric);
    case 'product':
      return expression.factors.every(isNumeric);
    default:
      return isNumeric(expression.argument);
  }
};

/**
 * Compiles a loss expression, a text or a parsed one, for a task. Names are looked up in `extra`, which may hold a
 * user's own losses, then among the built-in ones.
 *
 * Throws an {@link ExpressionError} (code `usage`) with the column of an unknown loss, an unknown option or a value out
 * of bounds; in each case with the nearest name or what was expected.
 *
 * @example compileLoss('bce + 2*dice(smooth=1)', 'segmentation').evaluate({ logits, target })
 */
export function compileLoss(
  source: string | Expression,
  task: Task,
  extra: readonly Loss[] = [],
): CompiledLoss {
  const written = typeof source === 'string' ? source : formatExpression(source);
  const expression = parseExpression(written);
  if (isNumeric(expression))
    throw new ExpressionError(written, 1, 'expected at least one loss, got numbers only');
  const [names, needs] = [new Set<string>(), new Set<LossNeed>()];
  const losses = [...extra, ...builtInLosses];
  const evaluate = build(expression, { text: written, task, losses, names, needs });
  const text = formatExpression(expression);
  return {
    text,
    names: [...names],
    needs: [...needs],
    evaluate(inputs) {
      requireNeeds(text, [...needs], inputs);
      return evaluate(inputs) as Tensor;
    },
  };
}
