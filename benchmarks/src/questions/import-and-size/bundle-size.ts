import { builtinModules } from 'node:module';
import { gzipSync } from 'node:zlib';
import { build } from 'rolldown';

export interface Size {
  /** Bytes after minifying. */
  readonly minified: number;
  /** Bytes of that after gzip at level 9. */
  readonly gzipped: number;
}

const BUILT_IN = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));

/** What a bundle of this entry comes to, all its dependencies in it but Node's own modules, which need not be sent anywhere. */
export async function bundleSize(entry: string): Promise<Size> {
  const { output } = await build({
    input: entry,
    platform: 'neutral',
    write: false,
    logLevel: 'silent',
    external: (id) => BUILT_IN.has(id),
    resolve: { mainFields: ['module', 'main'] }, // a neutral bundle looks at `exports` alone, which older packages do not have
    output: { minify: true, format: 'esm' },
  });
  return sizeOf(output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join(''));
}

export function sizeOf(code: string): Size {
  return { minified: Buffer.byteLength(code), gzipped: gzipSync(code, { level: 9 }).length };
}
