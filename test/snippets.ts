import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One fenced TypeScript block of a Markdown page. */
export interface Snippet {
  /** Page and line of the block's first line of code, as `README.md:12`. */
  where: string;
  /** The code, moved down so that it stands on the same lines as in the page: a compiler's line numbers fit both. */
  code: string;
  /** What follows `ts` on the fence: nothing for a complete program, `no-run` for code that is only type-checked. */
  flag: string;
}

/** Every Markdown page that may hold code: those at the root and of packages and examples, and all of `docs` and `benchmarks`. */
export function pagesOf(root: string): string[] {
  const pages = ['*.md', '{packages,examples}/*/*.md', '{docs,benchmarks}/**/*.md'];
  return globSync(pages, { cwd: root }).filter((page) => !page.includes('node_modules'));
}

/** The TypeScript blocks of one page, in order. */
export function snippetsOf(page: string, markdown: string): Snippet[] {
  const blocks = markdown.matchAll(/^```(?:ts|typescript)\b[ ]*(.*)\n([\s\S]*?)^```$/gm);
  return [...blocks].map(({ index, 1: flag = '', 2: code = '' }) => {
    const linesBefore = markdown.slice(0, index).split('\n').length;
    return { where: `${page}:${linesBefore + 1}`, code: '\n'.repeat(linesBefore) + code, flag };
  });
}

export const allSnippets = (root: string): Snippet[] =>
  pagesOf(root).flatMap((page) => snippetsOf(page, readFileSync(join(root, page), 'utf8')));
