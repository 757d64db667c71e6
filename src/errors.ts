/** The one error type that users meet: what went wrong, what to do about it, and an exit code by its kind. */

/**
 * Kinds of failure, each with the exit code of the command line.
 * `usage`: a wrong command, option, config key or loss expression. `data`: a file missing or corrupt.
 * `device`: an execution provider that is not available. `failed-arms`: a study that ended with failed arms.
 */
export const exitCodes = {
  internal: 1,
  usage: 2,
  data: 3,
  'failed-arms': 4,
  device: 5,
  interrupted: 130,
} as const;

/** One of the kinds in {@link exitCodes}. */
export type ErrorCode = keyof typeof exitCodes;

/**
 * An error a user can act on.
 *
 * @example throw new FathomError('data', 'mask/0007.png: no such file', { hint: 'every image needs a mask of the same name' })
 */
export class FathomError extends Error {
  override readonly name = 'FathomError';
  readonly code: ErrorCode;
  readonly hint?: string;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** An error on its way from one thread to another, where it would lose its class: the fields of a FathomError in its place. */
export type SentError =
  | { readonly refused: Pick<FathomError, 'code' | 'message' | 'hint'> }
  | { readonly error: unknown };

/** An error in the form in which threads send it. */
export function sendError(error: unknown): SentError {
  if (!(error instanceof FathomError)) return { error };
  const { code, message, hint } = error;
  return { refused: { code, message, hint } };
}

/** The error that {@link sendError} was given on another thread. */
export function receiveError(sent: SentError): unknown {
  if ('error' in sent) return sent.error;
  const { code, message, hint } = sent.refused;
  return new FathomError(code, message, { hint });
}

const unreadableReasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read (EACCES)',
};

/** The FathomError for a file that is missing or cannot be read, by the system's error. */
export function unreadable(
  file: string,
  cause: unknown,
  hint?: string,
  kind: ErrorCode = 'data',
): FathomError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException;
  const reason = unreadableReasons[code] ?? `cannot be read (${code})`;
  return new FathomError(kind, `${file}: ${reason}`, { hint, cause });
}

/** Smallest number of single-character edits between two words, ignoring case. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1].toLowerCase() === b[j - 1].toLowerCase() ? 0 : 1);
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, substitution);
    }
    previous = row;
  }
  return previous[b.length];
}

/**
 * The option nearest to a misspelt word, or undefined when none is near.
 *
 * @example nearest('dise', ['dice', 'bce']) // 'dice'
 */
export function nearest(word: string, options: readonly string[]): string | undefined {
  const ranked = options.map((option) => ({ option, distance: editDistance(word, option) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.floor(word.length / 2)) ? best.option : undefined;
}

/**
 * The words of an error about a value outside a closed set: the value, the nearest option, and all options.
 *
 * @example unknownValue('loss', 'dise', ['bce', 'dice']) // "unknown loss 'dise': did you mean 'dice'? (known: bce, dice)"
 */
export function unknownValue(kind: string, value: string, options: readonly string[]): string {
  const near = nearest(value, options);
  return `unknown ${kind} '${value}'${near ? `: did you mean '${near}'?` : ''} (known: ${options.join(', ')})`;
}
