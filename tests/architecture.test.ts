/** The house's rules, read from the sources: which room may know which, what runs in a page, and what is documented. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The rooms each room may import from, beside itself. A room is a folder of `src/`, or one named here below it. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  graph: [],
  stats: [],
  onnx: ['graph'],
  runtime: ['graph', 'onnx'],
  nn: ['graph'],
  models: ['graph', 'nn'],
  losses: ['graph'],
  metrics: ['graph'],
  optim: ['graph'],
  'data/synthetic': ['data'],
  data: ['data/synthetic'],
  tracking: [],
  figures: ['metrics', 'data'],
  config: ['data', 'data/synthetic', 'graph', 'losses', 'models', 'optim'],
  train: [
    ...['graph', 'onnx', 'runtime', 'nn', 'models', 'losses', 'metrics', 'optim'],
    ...['data', 'data/synthetic', 'tracking', 'config'],
  ],
  study: ['*', '!report', '!cli'],
  report: ['*', '!cli'],
  cli: ['*'],
};

/** Files of types that say how rooms talk to each other: every room outside the core may import their types. */
const contracts = ['src/data/dataset.ts', 'src/train/history.ts', 'src/study/results.ts'];

/** Rooms that run in a page. */
const core = ['graph', 'onnx', 'nn', 'models', 'losses', 'metrics', 'optim', 'stats', 'data/synthetic'];

/** Packages that run in a page. */
const pagePackages = ['@bufbuild/protobuf', 'onnx-buf', 'pure-rand', 'simple-statistics', 'zod'];

const longestFile = 400;

interface Import {
  readonly specifier: string;
  /** The imported file relative to the root, or undefined for a package. */
  readonly file?: string;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
}

interface Source {
  readonly file: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts'))
    .sort();
}

function readImports(file: string, tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean) => {
    const local = specifier.startsWith('.');
    const target = join(dirname(file), specifier).replaceAll('\\', '/').replace(/\.js$/, '.ts');
    found.push({ specifier, file: local ? target : undefined, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const bindings = clause?.namedBindings;
      const named = bindings && ts.isNamedImports(bindings) ? bindings.elements : undefined;
      const onlyTypes = !clause?.name && named?.length && named.every((element) => element.isTypeOnly);
      add((node.moduleSpecifier as ts.StringLiteral).text, Boolean(clause?.isTypeOnly || onlyTypes));
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add((node.moduleSpecifier as ts.StringLiteral).text, node.isTypeOnly);
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      ts.isStringLiteralLike(node.arguments[0])
    ) {
      add(node.arguments[0].text, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

const sources: Source[] = listFiles('src')
  .filter((file) => !/\.(test|fixture)\.ts$/.test(file))
  .map((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    return { file, tree, imports: readImports(file, tree) };
  });
const byFile = new Map(sources.map((source) => [source.file, source]));

/** `src/data/synthetic/room.ts` is in `data/synthetic`, `src/errors.ts` in no room. */
function roomOf(file: string): string | undefined {
  const parts = relative('src', dirname(file)).replaceAll('\\', '/').split('/');
  const nested = parts.slice(0, 2).join('/');
  return nested in arrows ? nested : parts[0] || undefined;
}

function mayKnow(from: string, to: string): boolean {
  const allowed = arrows[from] ?? [];
  return allowed.includes(to) || (allowed.includes('*') && !allowed.includes(`!${to}`));
}

describe('rooms', () => {
  it('are all known here', () => {
    const rooms = new Set(sources.flatMap(({ file }) => roomOf(file) ?? []));
    expect([...rooms].filter((room) => !(room in arrows))).toEqual([]);
  });

  it('import only rooms below them', () => {
    const violations = sources.flatMap(({ file, imports }) => {
      const from = roomOf(file);
      if (!from) return [];
      return imports.flatMap(({ file: target, typeOnly }) => {
        const to = target && roomOf(target);
        if (!to || to === from || mayKnow(from, to)) return [];
        if (typeOnly && contracts.includes(target) && !core.includes(from)) return [];
        return [`${file} imports ${target}: ${from} may know ${arrows[from]?.join(', ') || 'nothing'}`];
      });
    });
    expect(violations).toEqual([]);
  });

  it('graph and stats import nothing of ours, errors.ts nothing at all', () => {
    const outside = sources.flatMap(({ file, imports }) =>
      ['graph', 'stats'].includes(roomOf(file) ?? '')
        ? imports.flatMap((i) =>
            i.file && roomOf(i.file) !== roomOf(file) ? [`${file} imports ${i.file}`] : [],
          )
        : [],
    );
    expect(outside).toEqual([]);
    expect(byFile.get('src/errors.ts')?.imports).toEqual([]);
  });

  it('of the core run in a page: no node:* and no native package, however far down', () => {
    /** What stands in the way of a page, as the chain of imports that leads to it. */
    const offence = (file: string, chain: readonly string[]): string | undefined => {
      for (const { specifier, file: target, typeOnly } of byFile.get(file)?.imports ?? []) {
        if (typeOnly) continue;
        const path = [...chain, target ?? specifier];
        if (!target) {
          if (!pagePackages.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
            return path.join(' -> ');
        } else if (!chain.includes(target)) {
          const below = offence(target, path);
          if (below) return below;
        }
      }
      return undefined;
    };
    const violations = sources
      .filter(({ file }) => core.includes(roomOf(file) ?? ''))
      .flatMap(({ file }) => offence(file, [file]) ?? []);
    expect(violations).toEqual([]);
  });
});

describe('files', () => {
  it(`have at most ${longestFile} lines`, () => {
    const long = [...listFiles('src'), ...listFiles('tests')].flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length;
      return lines > longestFile ? [`${file}: ${lines} lines`] : [];
    });
    expect(long).toEqual([]);
  });

  it('document everything they export', () => {
    const isExported = (node: ts.Node) =>
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword);
    const undocumented = sources.flatMap(({ file, tree }) => {
      const documented = new Set<string>();
      const missing = tree.statements.filter(isExported).flatMap((statement) => {
        const names = ts.isVariableStatement(statement)
          ? statement.declarationList.declarations.map((declaration) => declaration.name.getText(tree))
          : [(statement as ts.FunctionDeclaration).name?.getText(tree) ?? 'default'];
        if (ts.getJSDocCommentsAndTags(statement).some(ts.isJSDoc)) {
          for (const name of names) documented.add(name);
        }
        // The overloads of a function share the first one's comment.
        return names.filter((name) => !documented.has(name)).map((name) => `${file}: ${name}`);
      });
      return missing;
    });
    expect(undocumented).toEqual([]);
  });
});
