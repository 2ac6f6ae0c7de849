// The mutants of a package, and its sources with them compiled in.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findChanges } from './find-changes.ts';
import { instrument } from './instrument.ts';
import { type Change, type Mutant, shorten } from './mutant.ts';

export interface PackageMutants {
  readonly mutants: readonly Mutant[];
  /** Instrumented sources by absolute path. */
  readonly sources: ReadonlyMap<string, string>;
}

/** The sources of a package that can be mutated, from the root: no tests, and no index, which only re-exports. */
function sourcesOf(root: string, name: string): string[] {
  return globSync(`packages/${name}/src/**/*.ts`, { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !/\.test(-d)?\.ts$|\/index\.ts$/.test(path))
    .toSorted();
}

/** @param choose takes those that are to be tried out of all there are */
export function mutatePackage(root: string, name: string, choose: (all: readonly Mutant[]) => Mutant[]): PackageMutants {
  const texts = new Map(sourcesOf(root, name).map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const changes = [...texts].flatMap(([file, text]) => findChanges(file, text).map((change) => ({ file, text, change })));
  const all = changes.map(({ file, text, change }, index) => describe(index + 1, file, text, change));
  const mutants = choose(all);
  const sources = new Map<string, string>();
  for (const [file, own] of Map.groupBy(mutants, (mutant) => mutant.file)) {
    const switched = own.map(({ id }) => ({ ...changes[id - 1]!.change, id })); // a mutant's number is its place
    sources.set(join(root, file), instrument(file, texts.get(file) ?? '', switched));
  }
  return { mutants, sources };
}

function describe(id: number, file: string, source: string, { node, how, replacement }: Change): Mutant {
  const before = source.slice(0, node.start);
  const line = before.split('\n').length;
  const lineStart = before.lastIndexOf('\n') + 1;
  const context = shorten(source.slice(lineStart).split('\n', 1)[0] ?? '');
  const original = shorten(source.slice(node.start, node.end));
  return { id, file, line, context, original, replacement: how === 'omit' ? '(nothing)' : shorten(replacement) };
}
