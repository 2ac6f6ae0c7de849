interface Task {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** What is to happen, by true time, and at the same time in the order in which it was put down: a binary heap. */
export class Agenda {
  /** True time, in milliseconds: no machine in the simulation can read it. */
  nowMs = 0;
  readonly #tasks: Task[] = [];
  #order = 0;

  at(atMs: number, run: () => void): void {
    const task: Task = { atMs, order: this.#order++, run };
    const tasks = this.#tasks;
    let place = tasks.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(task, tasks[parent]!)) break;
      tasks[place] = tasks[parent]!;
      place = parent;
    }
    tasks[place] = task;
  }

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run);
  }

  /** Moves to the next task and runs it. @returns false when there is none. */
  step(): boolean {
    const first = this.#tasks[0];
    if (first === undefined) return false;
    const last = this.#tasks.pop()!;
    if (this.#tasks.length > 0) this.#sink(last);
    this.nowMs = first.atMs;
    first.run();
    return true;
  }

  #sink(task: Task): void {
    const tasks = this.#tasks;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= tasks.length) break;
      if (child + 1 < tasks.length && isBefore(tasks[child + 1]!, tasks[child]!)) child++;
      if (!isBefore(tasks[child]!, task)) break;
      tasks[place] = tasks[child]!;
      place = child;
    }
    tasks[place] = task;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
