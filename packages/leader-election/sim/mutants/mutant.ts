import type { Rule } from '../violation.ts';

/** A known or plausible bug, as a change of the elector's text. */
export interface Mutant {
  readonly name: string;
  /** What is wrong with it, and who had it. */
  readonly bug: string;
  readonly edits: readonly [Edit, ...Edit[]];
}

export interface Edit {
  /** In src/elector. */
  readonly file: string;
  /** Has to occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** What became of a mutant. */
export interface Verdict {
  readonly name: string;
  readonly bug: string;
  /** The rule it broke first; none if it survived. */
  readonly rule: Rule | undefined;
  /** How many runs it took. */
  readonly runs: number;
}
