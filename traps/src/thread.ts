import { Worker } from 'node:worker_threads';
import type { Cell } from './cell.ts';
import type { ScenarioFile } from './scenarios.ts';

/** Longer than any scenario takes, on a slow machine too. */
const BOUND_MS = 20_000;

/**
 * A thread that runs scenarios on one library, one at a time. What hangs, spins or ends the thread ends that scenario alone: the next
 * one gets a new thread.
 */
export class Thread {
  readonly #library: string;
  readonly #allAlone: boolean;
  #worker: Worker | undefined;
  #ended: (cell: Cell) => void = () => {};

  /** @param allAlone gives every scenario a thread of its own, which takes longer */
  constructor(library: string, allAlone: boolean = false) {
    this.#library = library;
    this.#allAlone = allAlone;
  }

  async run({ file, scenario }: ScenarioFile): Promise<Cell> {
    const alone = this.#allAlone || scenario.alone || scenario.time === 'real';
    if (alone) await this.end();
    const cell = await this.#ask(file);
    if (alone || cell.verdict === 'broke') await this.end();
    return cell;
  }

  async #ask(file: string): Promise<Cell> {
    const ending = new Promise<Cell>((resolve) => (this.#ended = resolve));
    const bound = setTimeout(() => this.#broke('never came to an end'), BOUND_MS);
    this.#worker ??= this.#start();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
    this.#worker.postMessage(file);
    const cell = await ending;
    clearTimeout(bound);
    return cell;
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('cell.ts', import.meta.url), { workerData: this.#library, execArgv: [] });
    worker.on('message', (cell: Cell) => this.#ended(cell));
    worker.on('error', (error) => this.#broke(String(error)));
    worker.on('exit', (code) => this.#broke(`ended its thread, with code ${code}`));
    return worker;
  }

  #broke(saw: string): void {
    this.#ended({ verdict: 'broke', saw });
  }
}
