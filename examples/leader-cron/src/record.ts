/** A job that some process says it runs. */
export interface Run {
  readonly second: number;
  readonly identity: string;
  readonly token: bigint;
}

/** Keeps the record of what ran. It is the resource that the tokens protect: a leader of yesterday cannot write here. */
export class Record {
  readonly runs: Run[] = [];
  /** Runs that came under a token lower than one seen before. */
  readonly refused: Run[] = [];
  #highest = 0n;

  /** @returns whether it was taken. */
  write(run: Run): boolean {
    if (run.token < this.#highest) {
      this.refused.push(run);
      return false;
    }
    this.#highest = run.token;
    this.runs.push(run);
    return true;
  }

  /** Seconds in which more than one job ran. */
  get doubled(): number[] {
    const seconds = this.runs.map(({ second }) => second);
    return seconds.filter((second, index) => seconds.indexOf(second) !== index);
  }

  /** The longest time without a job, in seconds. */
  get longestGap(): number {
    const gaps = this.runs.slice(1).map(({ second }, index) => second - this.runs[index]!.second);
    return Math.max(0, ...gaps);
  }
}
