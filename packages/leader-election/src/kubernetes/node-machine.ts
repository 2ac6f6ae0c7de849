import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, resolve } from 'node:path';
import { systemWallClock } from '../system.ts';
import type { Machine } from './machine.ts';

/** A plugin that asks somebody to log in, where nobody is, must not be waited for for ever. */
const LONGEST_RUN_MS = 60_000;

export const nodeMachine: Machine = {
  variable: (name) => process.env[name] || undefined,
  readText: (path) => readFile(path, 'utf8'),
  run: (command, args, variables) =>
    new Promise((done, failed) => {
      const options = {
        env: { ...process.env, ...variables },
        timeout: LONGEST_RUN_MS,
        killSignal: 'SIGKILL',
        windowsHide: true,
      } as const;
      const child = execFile(command, args, options, (error, stdout, stderr) => {
        if (error === null) done(stdout);
        else failed(new Error(`${error.killed ? `it took longer than ${LONGEST_RUN_MS} ms` : reasonOf(error)}${said(stderr)}`));
      });
      child.stdin?.end();
    }),
  beside: (file, path) => resolve(dirname(file), path),
  pathSeparator: delimiter,
  wallMs: systemWallClock,
};

/** Node's own message repeats the command line, and arguments may be secret. */
function reasonOf({ code }: { code?: unknown }): string {
  return typeof code === 'number' ? `it ended with status ${code}` : `it could not be run (${String(code)})`;
}

function said(stderr: string): string {
  const text = stderr.trim();
  return text === '' ? '' : `: ${text.slice(0, 500)}`;
}
