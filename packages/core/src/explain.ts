import { findings } from './findings.ts';
import type { Finding } from './findings.ts';
import { nameOf } from './plan.ts';
import type { Policy } from './policy.ts';
import { textOf } from './explanation-text.ts';
import type { PolicyTraits } from './traits.ts';

/** One policy of a pipeline, and what is inside it, at worst. */
export interface Layer {
  readonly policy: string;
  readonly traits: PolicyTraits;
  /** The longest that it and all inside it may take, in milliseconds; `Infinity` if nothing bounds it. */
  readonly worstCaseMs: number;
  /** How often at most the operation is called for one call that gets here. */
  readonly attempts: number;
  /** Policies whose own answers, in place of a failure, come on top and take as long as they take. */
  readonly unboundedAnswers: readonly string[];
}

/** What a pipeline may do at worst, as data; as text by `toString()`. Nothing but what its policies say of themselves goes into it. */
export class Explanation {
  readonly pipeline: string;
  /**
   * The longest that a call may take, in milliseconds; `Infinity` if nothing bounds it. The caller's own `timeoutMs` and deadlines
   * may shorten it; what its own synchronous code takes comes on top.
   */
  readonly worstCaseMs: number;
  /** Policies whose own answers come on top and take as long as they take. */
  readonly unboundedAnswers: readonly string[];
  /** How often at most the operation is called for one call: by this factor a pipeline can multiply the load on what fails. */
  readonly attempts: number;
  /** The same in the long run, over many calls that all fail: less where a budget bounds it. */
  readonly amplification: number;
  /** Outermost first, policies of nested pipelines among them. */
  readonly layers: readonly Layer[];
  /** Settings that contradict each other, are never reached or are seldom meant; the worst first. */
  readonly findings: readonly Finding[];

  constructor(pipeline: string, policies: readonly Policy<unknown>[]) {
    const layers = layersOf(flat(policies));
    const outermost: Worst = layers[0] ?? OPERATION;
    this.pipeline = pipeline;
    this.worstCaseMs = outermost.worstCaseMs;
    this.unboundedAnswers = outermost.unboundedAnswers;
    this.attempts = outermost.attempts;
    this.amplification = Math.min(
      outermost.attempts,
      layers.reduce((product, { traits }) => product * longRunAttempts(traits), 1),
    );
    this.layers = layers;
    this.findings = findings(flat(policies), layers);
  }

  toString(): string {
    return textOf(this);
  }
}

/** Policies in the order in which a call meets them, whatever they are packed in. */
function flat(policies: readonly Policy<unknown>[]): Policy<unknown>[] {
  return policies.flatMap((policy) => (policy.policies === undefined ? [policy] : flat(policy.policies)));
}

/** What may happen inside a policy, when it is asked first and when a policy around it asks once more. */
interface Inside {
  readonly first: Worst;
  readonly again: Worst;
}

type Worst = Pick<Layer, 'worstCaseMs' | 'attempts' | 'unboundedAnswers'>;

const OPERATION: Worst = { worstCaseMs: Number.POSITIVE_INFINITY, attempts: 1, unboundedAnswers: [] };

function layersOf(policies: readonly Policy<unknown>[]): Layer[] {
  const layers: Layer[] = [];
  let inside: Inside = { first: OPERATION, again: OPERATION };
  for (const policy of policies.toReversed()) {
    const name = nameOf(policy);
    const traits = policy.traits?.() ?? {};
    const asked: Worst = around(name, traits, inside.first, inside.again);
    const single = traits.firstOnly === true ? { ...traits, attempts: 1, betweenMs: 0 } : traits;
    inside = { first: asked, again: around(name, single, inside.again, inside.again) };
    layers.unshift({ policy: name, traits, ...asked });
  }
  return layers;
}

/** What a policy makes of the worst that may happen inside it. */
function around(policy: string, traits: PolicyTraits, first: Worst, again: Worst): Worst {
  const { waitMs = 0, limitMs = Number.POSITIVE_INFINITY, cooperative = false, answerMs } = traits;
  const { attempts = 1, betweenMs = 0, askedMs = 0, parallel = false } = traits;
  const limited = !cooperative && limitMs < Number.POSITIVE_INFINITY;
  const others = attempts - 1;
  const together =
    parallel || others === 0 ? Math.max(first.worstCaseMs, again.worstCaseMs) : first.worstCaseMs + others * again.worstCaseMs;
  const ownMs = together + Math.max(betweenMs, askedMs);
  // An answer inside that takes as long as it takes is cut by the limit.
  const untilMs = limited && first.unboundedAnswers.length > 0 ? Number.POSITIVE_INFINITY : ownMs;
  const answers = limited ? [] : first.unboundedAnswers;
  return {
    worstCaseMs:
      waitMs + (limited ? Math.min(limitMs, untilMs) : untilMs) + (answerMs === Number.POSITIVE_INFINITY ? 0 : (answerMs ?? 0)),
    attempts: first.attempts + others * again.attempts,
    unboundedAnswers: answerMs === Number.POSITIVE_INFINITY ? [policy, ...answers] : answers,
  };
}

function longRunAttempts({ attempts = 1, extraRatio = Number.POSITIVE_INFINITY }: PolicyTraits): number {
  return Math.min(attempts, 1 + extraRatio);
}
