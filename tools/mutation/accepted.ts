// Mutants that may live, each with the reason why no test should kill it: tools/mutation/accepted/PACKAGE.json.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutant.ts';

/** Changes of one line. They are found by its text: when the line is changed, they are to be thought about anew. */
export interface Accepted {
  readonly file: string;
  readonly line: string;
  readonly reason: string;
  /** Original and replacement, as the report shows them. Where a line has the same change twice, both are meant. */
  readonly changes: readonly (readonly [string, string])[];
}

export class AcceptedMutants {
  readonly #reasons = new Map<string, string>();
  readonly #unused: Set<string>;

  constructor(list: readonly Accepted[]) {
    for (const { file, line, reason, changes } of list) {
      for (const [original, replacement] of changes)
        this.#reasons.set(keyOf({ file, context: line, original, replacement }), reason);
    }
    this.#unused = new Set(this.#reasons.keys());
  }

  static of(root: string, name: string): AcceptedMutants {
    const path = join(root, 'tools/mutation/accepted', `${name}.json`);
    return new AcceptedMutants(existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Accepted[]) : []);
  }

  /** Why a mutant that lives may do so; undefined for one that may not. */
  reasonFor(mutant: Mutant): string | undefined {
    const key = keyOf(mutant);
    this.#unused.delete(key);
    return this.#reasons.get(key);
  }

  /** Those that were never asked for: killed by now, or gone. */
  get unused(): string[] {
    return [...this.#unused].map((key) => key.replaceAll('\0', ' | '));
  }
}

const keyOf = ({ file, context, original, replacement }: Omit<Mutant, 'id' | 'line'>): string =>
  [file, context, original, replacement].join('\0');
