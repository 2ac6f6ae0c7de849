/** A rule that does not hold. The names are those of the safety invariants in the README beside this. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: string;
  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.rule = rule;
  }
}

export function demand(holds: boolean, rule: string, what: string): void {
  if (!holds) throw new Violation(rule, what);
}
