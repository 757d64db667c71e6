/**
 * The text form of losses: parses `bce + 2*dice(smooth=1)` into a tree and writes trees back.
 *
 * ```
 * sum     = product { '+' product }
 * product = factor { '*' factor }
 * factor  = number | ('sqrt' | 'log') '(' sum ')' | '(' sum ')' | name [ '(' [ option { ',' option } ] ')' ]
 * option  = name '=' ( number | 'true' | 'false' | word | '[' number { ',' number } ']' )
 * ```
 */
import { FathomError } from '../errors.js';

/** The value of an option; words such as `batch` are strings. */
export type OptionValue = number | boolean | string | readonly number[];

/** A loss by name, with the options that were written; `column` (from 1) is where its name stands. */
export interface LossTerm {
  readonly kind: 'loss';
  readonly name: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly column: number;
}

/** A parsed loss expression. A sum holds no sums and a product no products: both are flattened. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | LossTerm
  | { readonly kind: 'sum'; readonly terms: readonly Expression[] }
  | { readonly kind: 'product'; readonly factors: readonly Expression[] }
  | { readonly kind: 'sqrt' | 'log'; readonly argument: Expression };

/** A mistake in a loss expression. The message's first line says all; below it a caret marks the column. */
export class ExpressionError extends FathomError {
  constructor(
    text: string,
    /** Where the mistake is, from 1. */
    readonly column: number,
    /** What was expected and what stands there. */
    readonly problem: string,
    hint?: string,
  ) {
    const caret = `${' '.repeat(column - 1)}^`;
    super('usage', `loss expression, column ${column}: ${problem}\n  ${text}\n  ${caret}`, { hint });
  }
}

/** Longer texts are a mistake; the limit also bounds how deep parentheses can nest. */
const maxLength = 500;

type TokenKind = 'number' | 'name' | 'symbol' | 'end';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly column: number;
}

const token =
  /\s*(?:(?<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|(?<name>[a-z][a-z0-9]*(?:-[a-z0-9]+)*)|(?<symbol>\S))/iy;

/** Splits the text; a sign belongs to a number only where no `+` can stand, that is after `=`, `[` or `,`. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  token.lastIndex = 0;
  while (token.lastIndex < end) {
    const start = token.lastIndex;
    const match = token.exec(text)!;
    const kind = (['number', 'name', 'symbol'] as const).find((name) => match.groups![name] !== undefined)!;
    let written = match.groups![kind]!;
    const column = start + match[0].length - written.length + 1;
    const signed = kind === 'number' && /[+-]/.test(written[0]);
    const previous = tokens.at(-1);
    if (signed && !(previous?.kind === 'symbol' && '=[,'.includes(previous.text))) {
      written = written[0];
      token.lastIndex = column;
      tokens.push({ kind: 'symbol', text: written, column });
    } else tokens.push({ kind, text: written, column });
  }
  tokens.push({ kind: 'end', text: '', column: end + 1 });
  return tokens;
}

class Parser {
  private readonly tokens: Token[];
  private position = 0;

  constructor(private readonly text: string) {
    this.tokens = tokenize(text);
  }

  parse(): Expression {
    const expression = this.sum();
    if (this.token.kind !== 'end') this.fail("'+', '*' or the end");
    return expression;
  }

  private sum(): Expression {
    const terms = this.separated('+', () => this.product());
    const flat = terms.flatMap((term) => (term.kind === 'sum' ? term.terms : [term]));
    return flat.length === 1 ? flat[0] : { kind: 'sum', terms: flat };
  }

  private product(): Expression {
    const factors = this.separated('*', () => this.factor());
    const flat = factors.flatMap((factor) => (factor.kind === 'product' ? factor.factors : [factor]));
    return flat.length === 1 ? flat[0] : { kind: 'product', factors: flat };
  }

  private factor(): Expression {
    if (this.token.kind === 'number') return { kind: 'number', value: this.number() };
    if (this.token.kind === 'name') return this.named();
    if (this.token.text !== '(') this.fail("a loss, a number or '('");
    return this.parenthesised();
  }

  private parenthesised(): Expression {
    this.expect('(');
    const inner = this.sum();
    this.expect(')', "'+', '*' or ')'");
    return inner;
  }

  private named(): Expression {
    const { text: name, column } = this.take();
    if (name === 'sqrt' || name === 'log') return { kind: name, argument: this.parenthesised() };
    const options: Record<string, OptionValue> = {};
    if (this.accept('(')) {
      if (!this.accept(')')) {
        this.separated(',', () => this.option(options));
        this.expect(')', "',' or ')'");
      }
    }
    return { kind: 'loss', name, options, column };
  }

  private option(options: Record<string, OptionValue>): void {
    if (this.token.kind !== 'name') this.fail('an option such as eps=1e-6');
    if (Object.hasOwn(options, this.token.text)) this.fail('each option once');
    const { text: name } = this.take();
    this.expect('=');
    options[name] = this.value();
  }

  private value(): OptionValue {
    if (this.token.kind === 'number') return this.number();
    if (this.token.kind === 'name') {
      const { text } = this.take();
      return text === 'true' || text === 'false' ? text === 'true' : text;
    }
    if (!this.accept('[')) this.fail('a number, true, false, a word or a list such as [5, 11]');
    const list = this.separated(',', () => this.number());
    this.expect(']', "',' or ']'");
    return list;
  }

  private number(): number {
    if (this.token.kind !== 'number' || !Number.isFinite(Number(this.token.text)))
      this.fail('a finite number');
    return Number(this.take().text);
  }

  private separated<T>(separator: string, item: () => T): T[] {
    const items = [item()];
    while (this.accept(separator)) items.push(item());
    return items;
  }

  private get token(): Token {
    return this.tokens[this.position];
  }

  private take(): Token {
    return this.tokens[this.position++];
  }

  private accept(symbol: string): boolean {
    const found = this.token.kind === 'symbol' && this.token.text === symbol;
    if (found) this.position++;
    return found;
  }

  private expect(symbol: string, expected = `'${symbol}'`): void {
    if (!this.accept(symbol)) this.fail(expected);
  }

  private fail(expected: string): never {
    const { kind, text, column } = this.token;
    throw new ExpressionError(
      this.text,
      column,
      `expected ${expected}, got ${kind === 'end' ? 'the end' : `'${text}'`}`,
      text === '-' || text === '/'
        ? "losses are joined with '+' and '*': write half of one as 0.5*dice"
        : undefined,
    );
  }
}

/**
 * Parses a loss expression. Names are not looked up.
 * Throws an {@link ExpressionError} (code `usage`) with the column of the first mistake.
 *
 * @example parseExpression('bce + 2*dice(smooth=1)')
 */
export function parseExpression(text: string): Expression {
  if (text.length > maxLength || /[\r\n]/.test(text))
    throw new FathomError('usage', `loss expression: expected one line of at most ${maxLength} characters`);
  return new Parser(text).parse();
}

const formatOption = ([name, value]: [string, OptionValue]) =>
  `${name}=${Array.isArray(value) ? `[${value.join(', ')}]` : value}`;

/**
 * The canonical text of an expression: the same for all that differ in blanks and needless parentheses only.
 *
 * @example formatExpression(parseExpression('(bce)+2 * dice')) // 'bce + 2*dice'
 */
export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value);
    case 'loss': {
      const options = Object.entries(expression.options).map(formatOption);
      return options.length === 0 ? expression.name : `${expression.name}(${options.join(', ')})`;
    }
    case 'sum':
      return expression.terms.map(formatExpression).join(' + ');
    case 'product':
      return expression.factors
        .map((factor) => (factor.kind === 'sum' ? `(${formatExpression(factor)})` : formatExpression(factor)))
        .join('*');
    default:
      return `${expression.kind}(${formatExpression(expression.argument)})`;
  }
}

/** FNV-1a, 32 bits, as six characters. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return (hash >>> 0).toString(36).padStart(7, '0').slice(-6);
}

const maxSlugLength = 60;

/**
 * A folder-safe name for a loss expression: one name for all texts of one expression, and another for another
 * expression (contrived ones aside). A plain name stays as it is; a long text ends in a hash.
 *
 * @example slug('bce + 2*dice') // 'bce+2dice'
 * @example slug('tversky(alpha=0.6, beta=0.5)') // 'tversky-alpha=0.6-beta=0.5'
 * @example slug('sqrt(ssim) + 4*rmse') // 'sqrt-ssim~+4rmse'
 */
export function slug(text: string): string {
  const name = formatExpression(parseExpression(text))
    .replace(/\[([^\]]*)\]/g, (_, list: string) => list.replaceAll(', ', ','))
    .replace(/(?<=^|[ (*])([\d.]+)\*(?=[a-z])/gi, '$1')
    .replaceAll(', ', '-')
    .replaceAll(' ', '')
    .replaceAll('*', '_')
    .replaceAll('(', '-')
    .replaceAll(')', '~')
    .replace(/~+$/, '')
    .replace(/^-/, '_');
  return name.length <= maxSlugLength ? name : `${name.slice(0, maxSlugLength - 7)}-${shortHash(name)}`;
}
