import { existsSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'rolldown';

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly publishConfig: { readonly exports: Readonly<Record<string, string>> };
}

/** The source of each door, by the path in `dist` it is published under, without `.js`. */
function doorsOf(folder: string): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  return Object.fromEntries(
    Object.entries(manifest.publishConfig.exports).flatMap(([door, file]) => {
      const source = manifest.exports[door];
      return file.endsWith('.js') && source !== undefined ? [[relative('dist', file).slice(0, -'.js'.length), source]] : [];
    }),
  );
}

/** Modules of an earlier build, and what tsc declared of sources that are gone: it leaves them, and they would be published. */
function staleIn(folder: string, dist: string): string[] {
  const isGone = (path: string): boolean => !existsSync(join(folder, 'src', path.replace(/\.d\.ts(\.map)?$/, '.ts')));
  return [...globSync('**/*.{js,js.map}', { cwd: dist }), ...globSync('**/*.{d.ts,d.ts.map}', { cwd: dist }).filter(isGone)];
}

/**
 * Makes one ES module for each door of the package, and one named `shared.js` of what several of them need, so that there is one event
 * hub and one clock, whichever doors are used. What other packages have is imported from them, for the same reason. Readable, with maps
 * to the sources, which lie beside it in the tarball.
 *
 * @param folder of the package, with a `package.json` whose `publishConfig.exports` name files in `dist`.
 * @param dist where the modules go; what is stale there is removed.
 */
export async function bundle(folder: string, dist: string = join(folder, 'dist')): Promise<void> {
  for (const stale of staleIn(folder, dist)) rmSync(join(dist, stale));
  await build({
    cwd: folder,
    input: doorsOf(folder),
    platform: 'neutral',
    transform: { target: 'es2024' }, // as in tsconfig.base.json
    external: (id, _importer, isResolved) => !isResolved && !id.startsWith('.'),
    output: {
      dir: dist,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] },
      minifyInternalExports: false,
      comments: { annotation: true, jsdoc: false, legal: true },
      sourcemap: true,
      sourcemapExcludeSources: true,
    },
    logLevel: 'warn',
  });
}
