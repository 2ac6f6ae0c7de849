import { expect, test } from 'vitest';
import { importsOf } from './imports.ts';

test('finds every way to name a module, and none in a comment', () => {
  const source = [
    "import type { A } from './a.ts';",
    "import {\n  b,\n  c,\n} from '@holdfast/core';",
    "import 'side-effect';",
    "export { d } from './d.ts';",
    "export const text = 'from here';",
    "const later = () => import('node:fs');",
    "type E = import('./e.ts').E;",
    "/**\n * import { no } from 'a-docstring';\n */",
    "// import { no } from 'a-comment';",
  ].join('\n');
  expect(importsOf(source)).toEqual(['./a.ts', '@holdfast/core', 'side-effect', './d.ts', 'node:fs', './e.ts']);
});
