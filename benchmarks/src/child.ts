import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  /** The Node to run it with. @default this one */
  readonly node?: string;
  /** Flags of Node's, such as `--expose-gc`. */
  readonly flags?: readonly string[];
  readonly args?: readonly (string | number)[];
}

/**
 * Runs a script in a process of its own, for what one process can do but once: import a module for the first time, fill a heap. Resolves
 * to the JSON in the last line it prints.
 * @throws {Error} with what it wrote to stderr, when it ends with another code than 0.
 */
export async function askChild<T>(
  script: URL,
  { node = process.execPath, flags = [], args = [] }: ChildOptions = {},
): Promise<T> {
  // A compile cache, or options of the process above, would be measured along.
  const { NODE_OPTIONS: _options, NODE_COMPILE_CACHE: _cache, ...env } = process.env;
  const path = fileURLToPath(script);
  const child = spawn(node, [...flags, path, ...args.map(String)], {
    cwd: tmpdir(),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? code}`));
  });
  const [out, complaint, fault] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (fault !== '') throw new Error(`${path} ${args.join(' ')}: ${fault}\n${complaint}`);
  return lastJson(out) as T;
}

/** What stands in the last line that is not empty. */
export function lastJson(printed: string): unknown {
  return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '');
}
