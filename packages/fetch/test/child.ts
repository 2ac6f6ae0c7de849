import { execFile } from 'node:child_process';
import { onTestFinished } from 'vitest';

export interface Ended {
  /** 13: nothing was left that could have settled the promise that the module still awaited. */
  readonly exitCode: number;
  /** What it printed, as JSON; `undefined` if nothing. */
  readonly printed: unknown;
  readonly stderr: string;
}

/**
 * Runs this program as a module in a process of its own, of the same Node: for facts that hold once a process, and for promises that
 * never settle. It resolves names from here, and finds `args` from `process.argv[1]` on.
 */
export async function runModule(program: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = ['--no-warnings', '--input-type=module', '--eval', program, '--', ...args];
    const child = execFile(process.execPath, options, { cwd: import.meta.dirname }, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, printed: stdout === '' ? undefined : JSON.parse(stdout), stderr });
    });
    onTestFinished(() => void child.kill());
  });
}
