// What a mutant is: one small change of a source, named so that it is found again after the source has moved.
import type { Node } from 'oxc-parser';

/** A change, and where in the tree it is made. */
export interface Change {
  /** The node that is replaced or left out. */
  readonly node: Node;
  /** `replace`: an expression by another. `omit`: a statement is not carried out. `empty`: a block, or a case, does nothing. */
  readonly how: 'replace' | 'omit' | 'empty';
  /** Source text that stands in for the node's; shown only for `omit` and `empty`. */
  readonly replacement: string;
}

export interface Mutant {
  /** 1, 2, 3, … over all files of a run. */
  readonly id: number;
  /** From the root of the workspace, with slashes. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** The whole line of the source, trimmed: with `original` and `replacement` it names the mutant for as long as the line stays. */
  readonly context: string;
  readonly original: string;
  readonly replacement: string;
}

/** What became of it. `timeout`: the tests did not end with it, which kills it too; `uncovered`: no test reaches it. */
export type Fate = 'killed' | 'timeout' | 'survived' | 'uncovered';

export interface Verdict {
  readonly mutant: Mutant;
  readonly fate: Fate;
}

export const isDead = (fate: Fate): boolean => fate === 'killed' || fate === 'timeout';

const SHOWN = 120;

/** Text on one line, cut where it is long. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN - 1)}…` : line;
}
