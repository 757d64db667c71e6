/** A configuration's YAML, with overrides and environment filled in, and where each of its values was written. */
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parse,
  parseDocument,
  Scalar,
  visit,
} from 'yaml';
import { FathomError } from '../errors.js';

/** The values of a configuration before the schema has seen them. */
export interface ConfigDocument {
  readonly values: unknown;
  /** Where a value, or its key, was written: `file:line:column`, or `--set a.b=value`. */
  position(path: readonly PropertyKey[], atKey?: boolean): string;
  /** Whether a `--set` gave the value. */
  isOverride(path: readonly PropertyKey[]): boolean;
}

/** Where a configuration comes from. */
export interface ConfigSources {
  /** YAML text; empty for the defaults. */
  readonly text: string;
  /** How messages name the text, such as `fathom.yaml`. */
  readonly file: string;
  /** Overrides, `a.b=value`, applied in order. */
  readonly set?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Override {
  readonly argument: string;
  readonly path: readonly string[];
}

/** Reads YAML and applies overrides. Throws a FathomError of code `usage` with the position of the mistake. */
export function readDocument({ text, file, set = [], env = {} }: ConfigSources): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors[0];
  if (broken) throw usage(at(broken.pos[0]), `not valid YAML: ${firstLine(broken.message)}`);
  if (document.contents && !isMap(document.contents) && !isEmptyScalar(document.contents))
    throw usage(at(document.contents.range![0]), 'expected keys and values such as train: { epochs: 3 }');

  const overrides = set.map((argument) => override(document, argument));

  function position(path: readonly PropertyKey[], atKey = false): string {
    const given = overriding(overrides, path);
    if (given) return `--set ${given.argument}`;
    const range = nearestNode(document, path, atKey)?.range;
    if (range) return at(range[0]);
    const cause = overrides.findLast((candidate) => candidate.path[0] === path[0]);
    return cause ? `--set ${cause.argument}` : file;
  }

  expandEnvironment(document, env, position);
  return {
    values: plainValues(document, file),
    position,
    isOverride: (path) => overriding(overrides, path) !== undefined,
  };
}

function plainValues(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (cause) {
    // Anchors and aliases are resolved only here: one that is missing, or that multiplies without end.
    throw new FathomError('usage', `${file}: not valid YAML: ${firstLine((cause as Error).message)}`, {
      cause,
    });
  }
}

const usage = (where: string, problem: string, hint?: string) =>
  new FathomError('usage', `${where}: ${problem}`, { hint });

const firstLine = (text: string) => text.split('\n')[0];

const isEmptyScalar = (node: Node) => isScalar(node) && node.value === null;

function override(document: Document, argument: string): Override {
  const equals = argument.indexOf('=');
  const path = argument.slice(0, Math.max(equals, 0)).split('.');
  const where = `--set ${argument}`;
  if (path.some((key) => key === '')) throw usage(where, 'expected key=value', 'write --set train.epochs=5');
  const value = parseDocument(argument.slice(equals + 1), { prettyErrors: false });
  if (value.errors[0]) throw usage(where, `not valid YAML: ${firstLine(value.errors[0].message)}`);
  try {
    document.setIn(path, value.contents ?? document.createNode(null));
  } catch (cause) {
    const parent = path.slice(0, -1).join('.');
    throw new FathomError('usage', `${where}: ${parent} has no keys of its own here`, {
      hint: `set the whole of it, such as --set ${path[0]}={…}`,
      cause,
    });
  }
  return { argument, path };
}

const startsWith = (path: readonly PropertyKey[], start: readonly PropertyKey[]) =>
  start.every((key, index) => String(path[index]) === String(key));

/** The last override that gave the value at `path`. */
const overriding = (overrides: readonly Override[], path: readonly PropertyKey[]): Override | undefined =>
  overrides.findLast((given) => startsWith(path, given.path));

/** The node at `path`, or the deepest one on the way to it. */
function nearestNode(document: Document, path: readonly PropertyKey[], atKey: boolean): Node | undefined {
  let node = document.contents as Node | null;
  for (const [depth, key] of path.entries()) {
    if (!isCollection(node)) break;
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      : undefined;
    const last = depth === path.length - 1;
    const next =
      isPair(pair) && last && atKey ? pair.key : node.get(isMap(node) ? (pair?.key ?? key) : key, true);
    if (!isNode(next)) break;
    node = next;
  }
  return node ?? undefined;
}

const variable = /\$?\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g;

/** Protects text from {@link readDocument}'s `${NAME}`: what reads it sees the text as it is. */
export const escapeVariables = (text: string): string => text.replace(variable, (match) => `$${match}`);

/** Fills in `${NAME}` and `${NAME:-default}`; `$${` stands for `${`. What was written without quotes is read as YAML again. */
function expandEnvironment(
  document: Document,
  env: Readonly<Record<string, string | undefined>>,
  position: ConfigDocument['position'],
): void {
  visit(document, {
    Scalar(key, node, ancestors) {
      if (typeof node.value !== 'string' || key === 'key' || !node.value.includes('${')) return;
      const expanded = node.value.replace(variable, (match, name: string, fallback?: string) => {
        if (match.startsWith('$$')) return match.slice(1);
        const value = env[name] || fallback;
        if (value === undefined) {
          const path = ancestors.filter(isPair).map((pair) => String(pair.key));
          throw usage(
            `${position(path)}: ${path.join('.')}`,
            `expected the environment variable ${name} to be set`,
            `set it, or give a default: \${${name}:-…}`,
          );
        }
        return value;
      });
      node.value = node.type === Scalar.PLAIN ? scalarOf(expanded) : expanded;
    },
  });
}

function scalarOf(text: string): unknown {
  try {
    const value: unknown = parse(text);
    return typeof value === 'object' && value !== null ? text : value;
  } catch {
    return text;
  }
}
