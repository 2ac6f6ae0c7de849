import type { RareEvent, Scope } from './scope.ts';

/** A bug to sow into a copy of the machine, and where it must be found. */
export interface Bug {
  readonly name: string;
  /** Of src/elector. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The rules of which the check must report one. */
  readonly breaks: readonly string[];
  readonly scope: Scope;
}

/** The mistakes of other electors, and those that this one is one line away from. */
export const BUGS: readonly Bug[] = [
  {
    name: 'validity counts from the answer, as in client-go',
    file: 'leading.ts',
    find: 'confirmed: pending.sentAt, unanswered',
    replace: 'confirmed: at, unanswered',
    breaks: ['S3'],
    scope: { ...scope('unanswered', 11), watch: true },
  },
  {
    name: 'a release takes the lease from whoever holds it by then, as in client-go',
    file: 'releasing.ts',
    find: 'if (lease?.termId === tenure.termId) return',
    replace: 'if (lease !== undefined) return',
    breaks: ['S5'],
    scope: scope('stopping', 12, ['fault'], 1),
  },
  {
    name: 'the lease is released before the work has settled, as in client-go',
    file: 'leading.ts',
    find: "state.role = { kind: 'draining', tenure, held: true, reason, untilMs: at.monoMs + settings.drainTimeoutMs };",
    replace: 'release(turn, tenure, reason);',
    breaks: ['S6'],
    scope: scope('led', 4, ['stop'], 1),
  },
  {
    name: 'the token is the count of transitions',
    file: 'leading.ts',
    find: 'token: lease.revision,',
    replace: 'token: BigInt(lease.transitions),',
    breaks: ['S2'],
    scope: scope('cold', 8),
  },
  {
    name: 'a lease counts as unchanged while its holder is the same, however often it was renewed',
    file: 'observation.ts',
    find: 'previous.lease?.revision === lease?.revision)',
    replace: 'previous.lease?.termId === lease?.termId)',
    breaks: ['S3'],
    scope: scope('led', 11),
  },
  {
    name: 'a term goes on after it has lapsed, if nobody else has taken the lease',
    file: 'elector.ts',
    find: "=== 'lapsed') lose(turn, 'lapsed');",
    replace: "=== 'lapsed') turn.state.jumped = false;",
    breaks: ['S7', 'L0'],
    scope: scope('led', 8),
  },
  {
    name: 'a leader that reads the lease of another goes on, and writes over it',
    file: 'leading.ts',
    find: "if (lease.termId !== tenure.termId) return lose(turn, 'taken');\n  if (lease.renewal",
    replace: 'if (lease.renewal',
    breaks: ['S3', 'S5'],
    scope: scope('led', 10, ['delete'], 1),
  },
  {
    name: 'a lease that was won long ago without knowing is led on at once',
    file: 'following.ts',
    find: "if (state.stopping || validityAt(claim.sentAt, at, settings) === 'held') return beginTerm(turn, claim, lease);",
    replace: 'return beginTerm(turn, claim, lease);',
    breaks: ['S7'],
    scope: scope('cold', 9),
  },
  {
    name: 'the next term begins while the work of a lost one goes on',
    file: 'leading.ts',
    find: "state.role = { kind: 'draining', tenure: role.tenure, held: false, reason, untilMs: Number.POSITIVE_INFINITY };",
    replace: "state.role = { kind: 'following' };",
    breaks: ['S7'],
    scope: scope('led', 10),
  },
  {
    name: 'a candidate finishes and leaves its request under way',
    file: 'term-end.ts',
    find: "cancelPending(turn);\n  turn.state.role = { kind: 'idle' };",
    replace: "turn.state.role = { kind: 'idle' };",
    breaks: ['S8'],
    scope: scope('led', 8, ['stop'], 1),
  },
  {
    name: 'a candidate takes nothing any more after its first term',
    file: 'term-end.ts',
    find: 'state.restUntilMs = at.monoMs + restMs(reason, state.shortTerms, settings);',
    replace: 'state.restUntilMs = restMs(reason, state.shortTerms, settings) + Number.POSITIVE_INFINITY;',
    breaks: ['L1'],
    scope: scope('led', 6, ['crash'], 1),
  },
];

function scope(from: Scope['from'], steps: number, rare: readonly RareEvent[] = [], rareAtMost = 0): Scope {
  return { name: 'a bug was sown', nodes: 2, steps, from, clocks: 'together', watch: false, rare, rareAtMost };
}
