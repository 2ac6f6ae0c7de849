import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface ServerCommand {
  readonly binary: string;
  readonly args: readonly string[];
  /** What the server says when it can be used. */
  readonly ready: RegExp;
  /** A folder that only this server uses. */
  readonly folder: string;
}

/** How much of what a server said is shown when it does not come up. */
const LINES_SHOWN = 20;

/** A server of our own, in a process that can be killed, frozen and started again on the same data. */
export class Server {
  readonly #command: ServerCommand;
  #process: ChildProcess | undefined;

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  /** Resolves when the server says that it is ready. */
  async start(): Promise<void> {
    const { binary, args, ready, folder } = this.#command;
    const server = spawn(binary, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = server;
    if (server.pid !== undefined) writeFileSync(join(folder, 'pid'), `${server.pid}`);
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      for (const output of [server.stdout, server.stderr]) {
        createInterface({ input: output }).on('line', (line) => {
          if (said.push(line) > LINES_SHOWN) said.shift();
          if (ready.test(line)) resolve();
        });
      }
      server.once('error', reject);
      server.once('exit', () => reject(new Error(`${binary} did not come up:\n${said.join('\n')}`)));
    });
  }

  /** Ends the process as a power cut would, and waits until it is gone. */
  async kill(): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
    rmSync(join(this.#command.folder, 'pid'), { force: true });
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** Takes connections, and answers nothing. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Ends the process, and deletes its data. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#command.folder, { recursive: true, force: true });
  }
}

/** A new folder for a server: within that of the run, where `tools/test-engines.ts` finds it, or among the temporary ones. */
export function newFolder(kind: string): string {
  const within = process.env['HOLDFAST_ENGINES_FOLDER'] ?? tmpdir();
  mkdirSync(within, { recursive: true });
  return mkdtempSync(join(within, `holdfast-${kind}-`));
}

/** A port of the loopback address that nobody listens to. Somebody else may take it before it is used; nobody does. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
