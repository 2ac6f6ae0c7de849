import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';

/** The newest of each release line that is supported. */
export const VERSIONS = ['22.23.3', '24.21.0', '26.10.0'] as const;

/** A download of 50 MB, at worst. */
const PATIENCE_MS = 120_000;

const run = promisify(execFile);

/** Where a Node of this version lies: this one, or what npm has or gets. `undefined`, and a word about it, where there is none to be had. */
export async function nodeOf(version: string): Promise<string | undefined> {
  if (process.versions.node === version) return process.execPath;
  try {
    const args = [
      '--prefer-offline',
      '-y',
      '-p',
      `node@${version}`,
      'node',
      '-p',
      'process.versions.node + " " + process.execPath',
    ];
    const { stdout } = await run('npx', args, { cwd: tmpdir(), timeout: PATIENCE_MS });
    const [found, path] = stdout.trim().split(' ');
    if (found === version && path !== undefined) return path;
    throw new Error(`got ${stdout.trim()}`);
  } catch (error) {
    console.error(`context: left out Node ${version}, which is not to be had: ${String(error).split('\n')[0]}`);
    return undefined;
  }
}
