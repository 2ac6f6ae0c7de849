import type { Random } from '@holdfast/core';
import type { Folder } from '../src/file/folder.ts';
import { positionIn } from '../src/file/names.ts';

/** Lets tasks go on one step at a time, in an order of chance; some sleep for long, some for ever. */
export class Steps {
  readonly random: Random;
  readonly #waiting: { readonly task: string; readonly go: () => void }[] = [];
  readonly #patience = new Map<string, number>();
  readonly #dead = new Set<string>();

  constructor(random: Random) {
    this.random = random;
  }

  /** Waits for this task's next turn. */
  turn(task: string): Promise<void> {
    return new Promise((go) => void this.#waiting.push({ task, go }));
  }

  /** Never lets this task go on. */
  kill(task: string): void {
    this.#dead.add(task);
  }

  /** Until no task that is alive waits for its turn, or for so many steps. */
  async run(steps = Number.POSITIVE_INFINITY): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await new Promise((resolve) => void setImmediate(resolve)); // everything that can go on by itself has done so
      const ready = this.#waiting.filter(({ task }) => !this.#dead.has(task));
      if (ready.length === 0) return;
      // Now and then a task falls asleep while the others make many steps.
      for (const { task } of ready) {
        const left = this.#patience.get(task) ?? 0;
        this.#patience.set(task, left > 0 ? left - 1 : this.random() < 0.05 ? Math.floor(this.random() * 200) : 0);
      }
      const awake = ready.filter(({ task }) => this.#patience.get(task) === 0);
      const from = awake.length > 0 ? awake : ready;
      const next = from[Math.floor(this.random() * from.length)]!;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      next.go();
    }
  }
}

/** What really happened to a folder. */
export class Disk {
  readonly files = new Map<string, string>();
  /** Highest position that ever had a file. */
  highest = -1;
  readonly breaches: string[] = [];
  /** Names that were there at some time, in this order. */
  readonly touched: string[] = [];
}

/**
 * A folder as one task sees it, no kinder than POSIX demands: each request takes a turn, and a listing takes several, in which it
 * may or may not see what comes and goes meanwhile. Notes in {@link Disk.breaches} what must never happen.
 */
export class SimulatedFolder implements Folder {
  readonly path = '/simulated';
  readonly #disk: Disk;
  readonly #steps: Steps;
  readonly #task: string;
  readonly #deathRatio: number;

  /** @param deathRatio how many of its turns the task does not live to see. */
  constructor(disk: Disk, steps: Steps, task: string, deathRatio: number) {
    this.#deathRatio = deathRatio;
    this.#disk = disk;
    this.#steps = steps;
    this.#task = task;
  }

  async list(): Promise<readonly string[]> {
    const { files, touched } = this.#disk;
    await this.#turn();
    const before = new Set(files.keys());
    const began = touched.length;
    for (let step = this.#steps.random() * 4; step > 1; step--) await this.#turn();
    const fleeting = new Set([...before, ...files.keys(), ...touched.slice(began)]);
    return [...fleeting].filter((file) => (before.has(file) && files.has(file)) || this.#steps.random() < 0.5);
  }

  async read(file: string): Promise<string | undefined> {
    await this.#turn();
    return this.#disk.files.get(file);
  }

  async create(file: string, text: string): Promise<boolean> {
    await this.#turn();
    this.#put(file, text);
    return true;
  }

  async mark(file: string, text: string): Promise<void> {
    await this.#turn();
    if (!this.#disk.files.has(file)) this.#put(file, text);
  }

  async link(file: string, second: string): Promise<boolean> {
    await this.#turn();
    const { files, highest, breaches } = this.#disk;
    const text = files.get(file);
    if (text === undefined || files.has(second)) return false;
    const position = positionIn(second)!;
    if (position !== highest + 1) breaches.push(`${this.#task} won position ${position} when ${highest} was there already`);
    this.#disk.highest = Math.max(highest, position);
    this.#put(second, text);
    return true;
  }

  async unlink(file: string): Promise<void> {
    await this.#turn();
    if (positionIn(file) === this.#disk.highest) this.#disk.breaches.push(`${this.#task} deleted the tip`);
    this.#disk.files.delete(file);
  }

  async sync(): Promise<void> {
    await this.#turn();
  }

  async make(): Promise<void> {}

  #put(file: string, text: string): void {
    this.#disk.files.set(file, text);
    this.#disk.touched.push(file);
  }

  #turn(): Promise<void> {
    if (this.#steps.random() < this.#deathRatio) this.#steps.kill(this.#task);
    return this.#steps.turn(this.#task);
  }
}
