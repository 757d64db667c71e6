import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Expression, ExpressionError, formatExpression, parseExpression, slug } from './expression.js';

const failure = (text: string): ExpressionError => {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`parsed: ${text}`);
};

/** The tree without the columns, which depend on how it was written. */
const bare = (expression: Expression): unknown =>
  JSON.parse(JSON.stringify(expression, (key, value) => (key === 'column' ? undefined : value)));

describe('parseExpression', () => {
  it('reads numbers, names with hyphens, sums, products and functions', () => {
    expect(parseExpression('bce-dice')).toEqual({ kind: 'loss', name: 'bce-dice', options: {}, column: 1 });
    expect(bare(parseExpression(' sqrt(ssim) +4* rmse + 1e-3*(l1 + log(mse)) '))).toEqual({
      kind: 'sum',
      terms: [
        { kind: 'sqrt', argument: { kind: 'loss', name: 'ssim', options: {} } },
        {
          kind: 'product',
          factors: [
            { kind: 'number', value: 4 },
            { kind: 'loss', name: 'rmse', options: {} },
          ],
        },
        {
          kind: 'product',
          factors: [
            { kind: 'number', value: 0.001 },
            {
              kind: 'sum',
              terms: [
                { kind: 'loss', name: 'l1', options: {} },
                { kind: 'log', argument: { kind: 'loss', name: 'mse', options: {} } },
              ],
            },
          ],
        },
      ],
    });
  });

  it('reads options of every type, and the column of each loss', () => {
    const tree = parseExpression('bce + dice(smooth=-1, pool=batch, squared=true, windows=[5, 11])');
    expect(tree).toEqual({
      kind: 'sum',
      terms: [
        { kind: 'loss', name: 'bce', options: {}, column: 1 },
        {
          kind: 'loss',
          name: 'dice',
          options: { smooth: -1, pool: 'batch', squared: true, windows: [5, 11] },
          column: 7,
        },
      ],
    });
  });

  it('tells a plus from a sign', () => {
    expect(bare(parseExpression('1+2'))).toEqual({
      kind: 'sum',
      terms: [
        { kind: 'number', value: 1 },
        { kind: 'number', value: 2 },
      ],
    });
  });

  it.each([
    ['', 1, "expected a loss, a number or '(', got the end"],
    ['bce +', 6, "expected a loss, a number or '(', got the end"],
    ['bce + * dice', 7, "expected a loss, a number or '(', got '*'"],
    ['bce dice', 5, "expected '+', '*' or the end, got 'dice'"],
    ['bce - dice', 5, "expected '+', '*' or the end, got '-'"],
    ['2*(bce + dice', 14, "expected '+', '*' or ')', got the end"],
    ['sqrt ssim', 6, "expected '(', got 'ssim'"],
    ['dice(smooth)', 12, "expected '=', got ')'"],
    ['dice(1)', 6, "expected an option such as eps=1e-6, got '1'"],
    ['dice(eps=1, eps=2)', 13, "expected each option once, got 'eps'"],
    ['ssim(windows=[5 11])', 17, "expected ',' or ']', got '11'"],
    ['ssim(windows=[])', 15, "expected a finite number, got ']'"],
    ['1e999*bce', 1, "expected a finite number, got '1e999'"],
    ['bce & dice', 5, "expected '+', '*' or the end, got '&'"],
  ])('says where %j is wrong', (text, column, problem) => {
    const error = failure(text);
    expect(error.problem).toBe(problem);
    expect(error.column).toBe(column);
    expect(error.code).toBe('usage');
  });

  it('points at the mistake with a caret', () => {
    expect(failure('bce + * dice').message).toBe(
      [
        "loss expression, column 7: expected a loss, a number or '(', got '*'",
        '  bce + * dice',
        '        ^',
      ].join('\n'),
    );
  });

  it('refuses texts that are too long or deep, without running out of stack', () => {
    expect(() => parseExpression('('.repeat(500))).toThrow(ExpressionError);
    expect(() => parseExpression('('.repeat(1e6))).toThrow(/at most 500 characters/);
  });
});

const name = fc
  .stringMatching(/^[a-z][a-z0-9]{0,5}(-[a-z][a-z0-9]{0,4})?$/)
  .filter((n) => !/^(sqrt|log|true|false)$/.test(n));
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n));
const positive = finite.map(Math.abs);

const expressions = fc.letrec<{ any: Expression; atom: Expression; sum: Expression; product: Expression }>(
  (tie) => ({
    any: fc.oneof({ depthSize: 'small' }, tie('atom'), tie('product'), tie('sum')),
    atom: fc.oneof(
      { depthSize: 'small' },
      positive.map((value): Expression => ({ kind: 'number', value })),
      fc
        .tuple(
          name,
          fc.dictionary(
            name,
            fc.oneof(finite, fc.boolean(), name, fc.array(finite, { minLength: 1, maxLength: 3 })),
            {
              maxKeys: 3,
              noNullPrototype: true,
            },
          ),
        )
        .map(([loss, options]): Expression => ({ kind: 'loss', name: loss, options, column: 1 })),
      fc
        .tuple(fc.constantFrom('sqrt' as const, 'log' as const), tie('any'))
        .map(([kind, argument]): Expression => ({ kind, argument })),
    ),
    product: fc
      .array(fc.oneof(tie('atom'), tie('sum')), { minLength: 2, maxLength: 3 })
      .map((factors): Expression => ({ kind: 'product', factors })),
    sum: fc
      .array(fc.oneof(tie('atom'), tie('product')), { minLength: 2, maxLength: 3 })
      .map((terms): Expression => ({ kind: 'sum', terms })),
  }),
);

describe('formatExpression', () => {
  it('is read back as the same tree', () => {
    fc.assert(
      fc.property(expressions.any, (tree) => {
        const text = formatExpression(tree);
        fc.pre(text.length <= 500);
        expect(bare(parseExpression(text))).toEqual(bare(tree));
      }),
      { numRuns: 200 },
    );
  });

  it('is one text for one expression', () => {
    expect(formatExpression(parseExpression('(bce)+( 2 * (dice()))'))).toBe('bce + 2*dice');
    expect(formatExpression(parseExpression('2*(bce+dice( smooth = 1.0 ))'))).toBe(
      '2*(bce + dice(smooth=1))',
    );
  });
});

describe('slug', () => {
  it.each([
    ['bce-dice', 'bce-dice'],
    ['bce + 2*dice', 'bce+2dice'],
    ['tversky(alpha=0.6, beta=0.5)', 'tversky-alpha=0.6-beta=0.5'],
    ['sqrt(ssim) + 4*rmse', 'sqrt-ssim~+4rmse'],
    ['ssim(windows=[5, 11])', 'ssim-windows=5,11'],
    ['l1 * dice', 'l1_dice'],
    ['1*5*bce', '1_5bce'],
  ])('%s becomes %s', (text, expected) => {
    expect(slug(text)).toBe(expected);
  });

  it('is safe as a folder name, short, and other for another expression', () => {
    fc.assert(
      fc.property(expressions.any, expressions.any, (a, b) => {
        const [first, second] = [formatExpression(a), formatExpression(b)];
        fc.pre(first.length <= 500 && second.length <= 500);
        expect(slug(first)).toMatch(/^[\w+][\w.,=~+-]{0,59}$/);
        expect(slug(first) === slug(second)).toBe(first === second);
      }),
      { numRuns: 200 },
    );
  });
});
