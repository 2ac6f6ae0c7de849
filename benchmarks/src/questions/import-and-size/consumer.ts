import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = fileURLToPath(new URL('../../../../packages', import.meta.url));
const PEERS = fileURLToPath(new URL('../../../node_modules', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly exports: unknown;
  readonly publishConfig?: { readonly exports?: unknown };
}

/** What npm makes of a package of ours: its `dist`, and the exports it is published with. */
export function published({ publishConfig, ...manifest }: Manifest): Manifest {
  return { ...manifest, exports: publishConfig?.exports ?? manifest.exports };
}

/** A project with the packages as they are published, and the peers: their sources play no part in it. */
export interface Consumer extends Disposable {
  readonly folder: string;
  /** Names of our packages. */
  readonly packages: readonly string[];
  /** Writes a file into the project. */
  readonly write: (name: string, content: string) => string;
}

/** @throws {Error} where a package has not been built. */
export function consumer(peers: readonly string[]): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-consumer-'));
  const packages = readdirSync(PACKAGES)
    .filter((name) => existsSync(join(PACKAGES, name, 'package.json')))
    .map((name) => install(join(PACKAGES, name), folder));
  for (const peer of peers) link(join(PEERS, peer), join(folder, 'node_modules', peer));
  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  write('package.json', '{ "type": "module" }');
  return { folder, packages, write, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

function install(source: string, folder: string): string {
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
  if (!existsSync(join(source, 'dist/index.js'))) throw new Error(`${manifest.name} is not built: pnpm build`);
  const target = join(folder, 'node_modules', manifest.name);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify(published(manifest)));
  cpSync(join(source, 'dist'), join(target, 'dist'), { recursive: true });
  return manifest.name;
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}
