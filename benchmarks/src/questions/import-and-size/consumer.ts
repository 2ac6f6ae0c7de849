import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../../../tools/bundle/modules.ts';

const PACKAGES = fileURLToPath(new URL('../../../../packages', import.meta.url));
const PEERS = fileURLToPath(new URL('../../../node_modules', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly exports: unknown;
  readonly publishConfig?: { readonly exports?: unknown };
}

/** The manifest of a package of ours in the registry: with the exports it is published with. */
export function published({ publishConfig, ...manifest }: Manifest): Manifest {
  return { ...manifest, exports: publishConfig?.exports ?? manifest.exports };
}

/**
 * A project with the packages as they are published, the peers, and an empty package. The JavaScript is made anew by what makes it for
 * publication: a `dist` may be older than the sources, or absent.
 */
export interface Consumer extends Disposable {
  readonly folder: string;
  /** Names of our packages. */
  readonly packages: readonly string[];
  /** Name of a package that holds nothing. */
  readonly empty: string;
  /** Writes a file into the project. */
  readonly write: (name: string, content: string) => string;
}

export async function consumer(peers: readonly string[]): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-consumer-'));
  const sources = readdirSync(PACKAGES).filter((name) => existsSync(join(PACKAGES, name, 'package.json')));
  const packages = await Promise.all(sources.map((name) => install(join(PACKAGES, name), folder)));
  for (const peer of peers) link(join(PEERS, peer), join(folder, 'node_modules', peer));
  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  write('package.json', '{ "type": "module" }');
  write('node_modules/empty/package.json', '{ "name": "empty", "type": "module", "exports": "./index.js" }');
  write('node_modules/empty/index.js', 'export {};');
  return { folder, packages, empty: 'empty', write, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

async function install(source: string, folder: string): Promise<string> {
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  const target = join(folder, 'node_modules', manifest.name);
  await bundle(source, join(target, 'dist'));
  writeFileSync(join(target, 'package.json'), JSON.stringify(published(manifest)));
  return manifest.name;
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}
