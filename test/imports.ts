/** The source without the comments that have a line to themselves. */
export function withoutComments(source: string): string {
  return source.replace(/^\s*(\/\*\*?|\*|\/\/).*$/gm, '');
}

/**
 * The module specifiers a TypeScript source names: `import`, `export … from` and `import(…)`, type-only ones included.
 * Reads text, not syntax: enough for formatted sources, where a statement starts its line.
 */
export function importsOf(source: string): string[] {
  const statements = /^(?:import|export)\b[^'";]*?from\s*'([^']+)'|^import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...withoutComments(source).matchAll(statements)].map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic) as string);
}
