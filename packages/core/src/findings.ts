import type { Layer } from './explain.ts';
import type { Policy } from './policy.ts';

/**
 * Something about a pipeline's settings that should be looked at.
 *
 * | code | severity | meaning |
 * |---|---|---|
 * | `same_policy_twice` | error | one object in two places: each call passes it twice |
 * | `limit_never_reached` | error | a time limit longer than one around it |
 * | `wait_never_reached` | error | a queue's time-out as long as a limit around it, or longer |
 * | `slow_never_seen` | error | calls count as slow only when a limit has ended them already |
 * | `unbounded` | warning | nothing bounds the time of a call |
 * | `judges_calls` | warning | a breaker around the retries: it sees one outcome for several attempts, and does not stop them |
 * | `hides_failures` | warning | an answer inside a breaker or a retry, for which failures are then successes |
 * | `attempts_multiply` | warning | retries inside retries |
 * | `held_between_attempts` | warning | a permit is held while the call only waits to be repeated |
 * | `attempt_unbounded` | warning | one hung attempt takes the time of all |
 * | `unknown` | warning | a policy that cannot tell what it does, such as `keyed` without a fitting `sampleKey` |
 * | `attempts_do_not_fit` | hint | attempts that take their longest leave no time for the others |
 * | `wait_counts_as_attempt` | hint | waiting in a queue counts against the time of one attempt |
 */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** The policies it is about, the outer one first. */
  readonly policies: readonly string[];
  readonly message: string;
}

export type FindingCode =
  | 'same_policy_twice'
  | 'limit_never_reached'
  | 'wait_never_reached'
  | 'slow_never_seen'
  | 'unbounded'
  | 'judges_calls'
  | 'hides_failures'
  | 'attempts_multiply'
  | 'held_between_attempts'
  | 'attempt_unbounded'
  | 'unknown'
  | 'attempts_do_not_fit'
  | 'wait_counts_as_attempt';

type Severity = 'error' | 'warning' | 'hint';

const ORDER: readonly Severity[] = ['error', 'warning', 'hint'];

/** A rule looks at a policy and those inside it, and says what is wrong between them. */
type Rule = (layer: Layer, inside: readonly Layer[], around: readonly Layer[]) => (Finding | undefined)[];

export function findings(policies: readonly Policy<unknown>[], layers: readonly Layer[]): Finding[] {
  const found = layers.flatMap((layer, index) =>
    RULES.flatMap((rule) => rule(layer, layers.slice(index + 1), layers.slice(0, index))),
  );
  const all = [...twice(policies, layers), ...found, unbounded(layers)].filter((finding) => finding !== undefined);
  return all.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

function twice(policies: readonly Policy<unknown>[], layers: readonly Layer[]): Finding[] {
  const again = policies.map((policy, index) => policies.indexOf(policy) !== index);
  return layers
    .filter((_, index) => again[index])
    .map((layer) => finding('error', 'same_policy_twice', [layer], 'stands here twice: each call passes it twice'));
}

function unbounded([outermost]: readonly Layer[]): Finding | undefined {
  if (outermost !== undefined && outermost.worstCaseMs < Number.POSITIVE_INFINITY) return undefined;
  return finding('warning', 'unbounded', [], 'nothing bounds how long a call may take: add a deadline');
}

/** The limit that ends what is inside, whether it listens or not. */
const hardLimit = ({ traits: { limitMs = Number.POSITIVE_INFINITY, cooperative = false } }: Layer): number =>
  cooperative ? Number.POSITIVE_INFINITY : limitMs;
/** The layer whose limit ends a call first, if any does. */
const shortest = (layers: readonly Layer[]): Layer | undefined =>
  layers.filter((layer) => hardLimit(layer) < Number.POSITIVE_INFINITY).sort((a, b) => hardLimit(a) - hardLimit(b))[0];
const repeats = ({ traits: { attempts = 1 } }: Layer): boolean => attempts > 1;

const RULES: readonly Rule[] = [
  function unknown(layer) {
    if (layer.traits.unknown !== true) return [];
    return [finding('warning', 'unknown', [layer], 'cannot tell what it does: a keyed policy wants a sampleKey')];
  },
  function limits(outer, inside) {
    const limitMs = hardLimit(outer);
    return inside.flatMap((inner) => {
      const { limitMs: innerMs = 0, waitMs = 0 } = inner.traits;
      return [
        innerMs > limitMs && innerMs < Number.POSITIVE_INFINITY
          ? finding('error', 'limit_never_reached', [outer, inner], `${ms(innerMs)} is never reached: ${ends(outer)}`)
          : undefined,
        waitMs >= limitMs && waitMs < Number.POSITIVE_INFINITY
          ? finding('error', 'wait_never_reached', [outer, inner], `a wait of ${ms(waitMs)} is never reached: ${ends(outer)}`)
          : undefined,
      ];
    });
  },
  function slowness(layer, inside, around) {
    const { slowCallMs = Number.NaN } = layer.traits;
    const limit = shortest([...around, layer, ...inside]);
    if (limit === undefined || !(hardLimit(limit) <= slowCallMs)) return [];
    return [finding('error', 'slow_never_seen', [layer], `no call is ever as slow as ${ms(slowCallMs)}: ${ends(limit)}`)];
  },
  function order(outer, inside) {
    const repeating = inside.filter(repeats);
    const answering = inside.filter(({ traits }) => traits.answerMs !== undefined);
    const { judges = false, holds = false } = outer.traits;
    return [
      ...repeating.map((inner) =>
        judges
          ? finding('warning', 'judges_calls', [outer, inner], 'it sees one outcome for all attempts: put it inside')
          : undefined,
      ),
      ...repeating.map((inner) =>
        holds && (inner.traits.betweenMs ?? 0) > 0 && inner.traits.parallel !== true
          ? finding('warning', 'held_between_attempts', [outer, inner], 'it is held while the call waits to be repeated')
          : undefined,
      ),
      ...repeating.map((inner) =>
        repeats(outer) && inner.traits.firstOnly !== true
          ? finding('warning', 'attempts_multiply', [outer, inner], `together they make up to ${outer.attempts} attempts`)
          : undefined,
      ),
      ...answering.map((inner) =>
        judges || repeats(outer)
          ? finding('warning', 'hides_failures', [outer, inner], 'an answered failure is a success to it: put the answer outside')
          : undefined,
      ),
    ];
  },
  function time(layer, inside, around) {
    const { attempts = 1, betweenMs = 0, parallel = false } = layer.traits;
    const limit = shortest(around);
    if (attempts <= 1 || parallel || limit === undefined) return [];
    const onceMs = inside[0]?.worstCaseMs ?? Number.POSITIVE_INFINITY;
    if (onceMs === Number.POSITIVE_INFINITY) {
      return [
        finding('warning', 'attempt_unbounded', [limit, layer], 'one hung attempt takes the time of all: add a timeout inside'),
      ];
    }
    if (onceMs * attempts + betweenMs <= hardLimit(limit)) return [];
    const fit = Math.min(Math.floor(hardLimit(limit) / onceMs), attempts - 1);
    const message = `of ${attempts} attempts that take their longest (${ms(onceMs)}) ${fit} fit: ${ends(limit)}`;
    return [finding('hint', 'attempts_do_not_fit', [limit, layer], message)];
  },
  function waiting(outer, inside, around) {
    if (hardLimit(outer) === Number.POSITIVE_INFINITY || !around.some(repeats)) return [];
    return inside
      .filter(({ traits: { waitMs = 0 } }) => waitMs > 0)
      .map((inner) =>
        finding('hint', 'wait_counts_as_attempt', [outer, inner], 'its queue takes from the time of the attempt: put it outside'),
      );
  },
];

const ends = (limit: Layer): string => `${limit.policy} ends it after ${ms(hardLimit(limit))}`;
const ms = (length: number): string => `${length} ms`;

function finding(severity: Severity, code: FindingCode, layers: readonly Layer[], message: string): Finding {
  return { code, severity, policies: layers.map(({ policy }) => policy), message };
}
