import { expect, test } from 'vitest';
import { findChanges } from './find-changes.ts';

/** The changes of a source as `original → replacement`. */
const changesOf = (source: string): string[] =>
  findChanges('a.ts', source).map(({ node, how, replacement }) => {
    return `${source.slice(node.start, node.end)} → ${how === 'replace' ? replacement : how}`;
  });

test.each<[what: string, source: string, changes: string[]]>([
  ['a condition both ways, and its boundary', 'if (a < b) f();', ['a < b → true', 'a < b → false', 'a < b → a <= b']],
  [
    'each part of a condition the telling way',
    'if (a && !b) f();',
    [...['a && !b → true', 'a && !b → false', 'a → true', '!b → true', 'a && !b → a || !b']],
  ],
  ['a loop only to its end', 'while (more) f();', ['more → false', 'f(); → omit']],
  [
    'arithmetic with its brackets',
    'x((a - b) / 3);',
    [...['x((a - b) / 3); → omit', '(a - b) / 3 → (a - b) * 3', 'a - b → a + b', '3 → 4']],
  ],
  ['no joining of texts', "x('a' + b);", ["x('a' + b); → omit", "'a' → ''"]],
  ['either side of a default', 'x = a ?? b;', ['x = a ?? b; → omit', 'a ?? b → a', 'a ?? b → b']],
  ['each question of a chain', 'g(a?.b?.(c));', ['g(a?.b?.(c)); → omit', 'a?.b?.(c) → a.b?.(c)', 'a?.b?.(c) → a?.b(c)']],
  ['what a function gives back', 'const f = () => g(1);', ['g(1) → undefined', '1 → 0']],
  [
    'a block of more than one statement',
    'for (const a of b) { f(a); g(a); }',
    [...['{ f(a); g(a); } → empty', 'f(a); → omit', 'g(a); → omit']],
  ],
  [
    'methods that are mistaken for each other',
    'x(Math.min(a, b));',
    ['x(Math.min(a, b)); → omit', 'Math.min(a, b) → Math.max(a, b)'],
  ],
])('changes %s', (_what, source, changes) => {
  expect(changesOf(source)).toEqual(changes);
});

test.each([
  ['types', "type A = 'a' | 1; interface B { c: -1 } declare module 'x' { interface D { e: true } }"],
  ['type arguments and assertions', "const a = f<'x'>(b as 'y') satisfies 'z';"],
  ['what has no body', 'declare function f(a: 1): 2; abstract class A { abstract b(): 1; declare c: 2 }'],
  ['names of properties', "const { 'a-b': c } = d;"],
  ['names of modules', "import a from 'b'; export * from 'c'; export { d } from 'e';"],
  ['what something is compared with', 'switch (a) { case "b": }'],
  ['the call of a base class', 'class A extends B { constructor() { super(); } }'],
])('leaves %s alone', (_what, source) => {
  expect(changesOf(source)).toEqual([]);
});
