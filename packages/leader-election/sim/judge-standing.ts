import type { Instant } from '../src/elector/instant.ts';
import type { Validity } from '../src/elector/validity.ts';
import type { TermEntry } from './book.ts';
import type { Scenario } from './scenario.ts';
import { Violation } from './violation.ts';

/** Somebody with a term whose work has not settled. */
export interface Standing {
  readonly term: TermEntry;
  /** What `assertLeader()` goes by, were it called now: the machine may be asleep or stalled. */
  readonly validity: Validity;
  readonly at: Instant;
  readonly runs: boolean;
}

/** Timers are late by a little. */
const TIMER_MS = 2;
/** Wall clocks are large numbers. */
const ROUNDING_MS = 0.1;

/** Looks at all who may believe to lead, at one moment of true time. @throws {Violation} */
export function judgeStandings(standings: readonly Standing[], exclusive: boolean): void {
  let holder: TermEntry | undefined;
  for (const standing of standings) {
    endsInTime(standing);
    if (standing.validity !== 'held') continue;
    isTrusted(standing);
    if (holder !== undefined && exclusive && !earlier(holder, standing.term).robbed) {
      throw new Violation('S3', `${holder.termId} and ${standing.term.termId} both pass assertLeader()`);
    }
    holder = standing.term;
  }
}

const earlier = (a: TermEntry, b: TermEntry): TermEntry => (a.place < b.place ? a : b);

function endsInTime({ term, at, runs }: Standing): void {
  if (term.aborted !== undefined || !runs) return;
  const sinceMs = at.monoMs - term.sentAt.monoMs;
  if (sinceMs <= term.timing.renewDeadlineMs + TIMER_MS) return;
  throw new Violation('Lv3', `${term.termId} goes on ${sinceMs.toFixed(0)} ms after its last successful write was sent`);
}

function isTrusted({ term, at }: Standing): void {
  if (term.lost) throw new Violation('trust', `${term.termId} is held, and known to be lost`);
  const wrong = distrust(term, term.sentAt, at);
  if (wrong === undefined || distrust(term, term.sentBefore, at) === undefined) return;
  throw new Violation('trust', `${term.termId} is held ${wrong}`);
}

/** Says again, and on purpose not with the elector's own arithmetic, how long a write that was sent then may be trusted. */
function distrust({ timing }: TermEntry, sentAt: Instant, at: Instant): string | undefined {
  const monoMs = at.monoMs - sentAt.monoMs;
  const wallMs = at.wallMs - sentAt.wallMs;
  const jumpMs = wallMs - monoMs;
  if (jumpMs > timing.clockJumpMs + ROUNDING_MS) return `after its clocks jumped by ${jumpMs.toFixed(0)} ms`;
  const sinceMs = Math.max(monoMs, wallMs);
  return sinceMs < timing.renewDeadlineMs ? undefined : `${sinceMs.toFixed(0)} ms after its last successful write was sent`;
}

/**
 * Whether S3 can be asked for: a leader must have stopped trusting its term before the fastest clock has counted a lease. Nor can it
 * if a machine's wall clock is set back and the machine then sleeps before the next renewal: no clock of it shows that.
 */
export function demandsExclusion({ nodes, store, incidents }: Scenario): boolean {
  const deceived = nodes.some((_, index) => {
    const own = incidents.filter((incident) => 'node' in incident && incident.node === index);
    return own.some(({ type }) => type === 'sleep') && own.some((incident) => incident.type === 'step' && incident.byMs < 0);
  });
  if (deceived) return false;
  return nodes.every(({ timing, rate }, holder) => {
    const trustedMs = timing.renewDeadlineMs / rate + timing.clockJumpMs + 1;
    const others = store.clock ? [store.rate] : nodes.filter((_, other) => other !== holder).map(({ rate }) => rate);
    return others.every((rate) => trustedMs < timing.leaseDurationMs / rate);
  });
}
