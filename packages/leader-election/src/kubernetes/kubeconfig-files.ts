import { LeaseStoreError } from '../store.ts';
import { Entry } from './kubeconfig-entry.ts';
import { isMissing } from './machine.ts';
import type { Machine } from './machine.ts';
import { parseYaml } from './yaml.ts';
import type { YamlMap, YamlValue } from './yaml.ts';

/** Several kubeconfig files as one. */
export class Kubeconfig {
  readonly #paths: readonly string[];
  readonly #files: readonly ConfigFile[];

  constructor(paths: readonly string[], files: readonly ConfigFile[]) {
    this.#paths = paths;
    this.#files = files;
  }

  get currentContext(): string | undefined {
    const named = this.#files.map(({ content }) => content['current-context']);
    return named.find((name): name is string => typeof name === 'string' && name !== '');
  }

  /** The first of this name. @throws {LeaseStoreError} if there is none. */
  entry(list: 'clusters' | 'contexts' | 'users', name: string): Entry {
    for (const { path, content } of this.#files) {
      const found = listIn(content[list]).find((one) => one['name'] === name);
      const inside = found?.[list.slice(0, -1)];
      if (isMap(inside)) return new Entry(path, `${list.slice(0, -1)} ${name}`, inside);
    }
    throw this.error(`has no entry ${JSON.stringify(name)} in ${list}`);
  }

  error(what: string): LeaseStoreError {
    return invalid(`${this.#paths.join(', ')} ${what}`);
  }
}

interface ConfigFile {
  readonly path: string;
  readonly isEmpty: boolean;
  readonly content: YamlMap;
}

/**
 * @throws {LeaseStoreError} if a file cannot be read or understood, or none exists; or if one of several is empty: `kubectl` empties a
 * file and then writes it, and read in between, the current-context of another one would count.
 */
export async function mergedKubeconfig(machine: Machine, paths: readonly string[]): Promise<Kubeconfig> {
  const files = (await Promise.all(paths.map((path) => readFile(machine, path)))).filter((file) => file !== undefined);
  const config = new Kubeconfig(paths, files);
  if (files.length === 0) throw config.error('does not exist');
  const empty = paths.length > 1 ? files.find(({ isEmpty }) => isEmpty) : undefined;
  if (empty !== undefined) throw invalid(`${empty.path} is empty: it is being written, or should not be named`);
  return config;
}

async function readFile(machine: Machine, path: string): Promise<ConfigFile | undefined> {
  let text: string;
  let content: YamlValue;
  try {
    text = await machine.readText(path);
    content = parseYaml(text);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw invalid(`${path}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (content !== null && !isMap(content)) throw invalid(`${path} is no map of clusters, contexts and users`);
  return { path, isEmpty: text.trim() === '', content: content ?? {} };
}

export function isMap(value: YamlValue | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listIn(value: YamlValue | undefined): readonly YamlMap[] {
  return Array.isArray(value) ? (value as readonly YamlValue[]).filter(isMap) : [];
}

function invalid(message: string, cause?: unknown): LeaseStoreError {
  return new LeaseStoreError(`kubeconfig ${message}`, { fault: 'invalid', mayBeWritten: false, cause });
}
