import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromMember, MemberOptions, Status, ToMember } from './messages.ts';

const program = fileURLToPath(new URL('member.ts', import.meta.url));

/** Members that run, of all that this process has started. */
const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Members end with this process however it ends: a stopped one would not notice by itself. */
const lastWords = new Map<NodeJS.Signals, () => void>();

function watchOver(child: ChildProcess): void {
  if (running.size === 0) {
    process.on('exit', killAll);
    for (const [signal, number] of [
      ['SIGINT', 2],
      ['SIGTERM', 15],
      ['SIGHUP', 1],
    ] as const) {
      const leave = (): never => process.exit(128 + number); // which kills them
      lastWords.set(signal, leave);
      process.on(signal, leave);
    }
  }
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size > 0) return;
    process.off('exit', killAll);
    for (const [signal, leave] of lastWords) process.off(signal, leave);
  });
}

/** A member that was started, as its parent has it. */
export class MemberProcess {
  readonly identity: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #statuses = new Map<number, (status: Status) => void>();
  #asked = 0;
  #stopped = false;
  #said = '';

  /** @param hear is told what it tells, in the order in which that arrives. */
  constructor(options: MemberOptions, hear: (message: FromMember, member: MemberProcess) => void) {
    this.identity = options.identity;
    const child = fork(program, [JSON.stringify(options)], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#exited = once(child, 'exit');
    watchOver(child);
    child.stderr?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    child.on('error', () => {}); // of messages to one that was killed
    child.on('message', (message: FromMember) => {
      if (message.type === 'status') this.#statuses.get(message.id)?.(message);
      else hear(message, this);
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it runs, and is not stopped by SIGSTOP. */
  get isAwake(): boolean {
    return this.isRunning && !this.#stopped;
  }

  /** The code it ended with; `null` while it runs, and when a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The end of what it wrote to its standard error. */
  get said(): string {
    return this.#said.slice(-500);
  }

  signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void {
    if (signal === 'SIGSTOP') this.#stopped = true;
    if (signal === 'SIGCONT') this.#stopped = false;
    this.#child.kill(signal);
  }

  tell(message: ToMember): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** @returns `undefined` if it ends before it answers. */
  async status(): Promise<Status | undefined> {
    const id = ++this.#asked;
    const answered = new Promise<Status>((resolve) => this.#statuses.set(id, resolve));
    this.tell({ type: 'status', id });
    const status = await Promise.race([answered, this.#exited.then(() => undefined)]);
    this.#statuses.delete(id);
    return status;
  }

  async exited(): Promise<void> {
    await this.#exited;
  }
}
