import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const program = join(import.meta.dirname, 'member.ts');

/** The processes of the example; each can be killed and started again. */
export class Members implements AsyncDisposable {
  readonly #folder: string;
  readonly #onJob: (job: { second: number; identity: string; token: bigint }) => void;
  readonly #running = new Map<string, ChildProcess>();

  constructor(folder: string, onJob: (job: { second: number; identity: string; token: bigint }) => void) {
    this.#folder = folder;
    this.#onJob = onJob;
  }

  get names(): string[] {
    return [...this.#running.keys()];
  }

  start(name: string): void {
    const child = fork(program, [this.#folder, name], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#running.set(name, child);
    child.on('message', (message) => {
      const { second, identity, token } = message as { second: number; identity: string; token: string };
      this.#onJob({ second, identity, token: BigInt(token) });
    });
  }

  /** Ends a process, by SIGKILL without a chance to say goodbye, and waits until it is gone. */
  async end(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined) return;
    this.#running.delete(name);
    const exited = once(child, 'exit');
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await exited;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.names.map((name) => this.end(name, 'SIGTERM')));
  }
}
