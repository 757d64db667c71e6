/** Writes a resolved configuration as YAML that loads to the same again. */
import { Document, visit } from 'yaml';
import { escapeVariables } from './document.js';
import { schemaFile } from './json-schema.js';
import type { ResolvedConfig } from './schema.js';

/**
 * The configuration as YAML, with the line that gives editors its schema.
 *
 * @example await writeFile('study.yaml', stringifyConfig(config));
 */
export function stringifyConfig(config: ResolvedConfig): string {
  const document = new Document(config);
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string') node.value = escapeVariables(node.value);
    },
  });
  return `# yaml-language-server: $schema=${schemaFile()}\n${document.toString({ lineWidth: 110 })}`;
}
