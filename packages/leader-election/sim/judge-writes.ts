import type { Lease } from '../src/lease.ts';
import type { Book, TermEntry } from './book.ts';
import { electorOf } from './register.ts';
import type { Foreign } from './register.ts';
import type { NodePlan } from './scenario.ts';
import type { WriteRequest } from './server.ts';
import { Violation } from './violation.ts';

/** A write of a candidate that the store has carried out, and what it changed. */
export interface Committed {
  readonly request: WriteRequest;
  readonly writer: NodePlan;
  readonly identity: string;
  readonly before: Lease | undefined;
  /** For how long nobody had written the lease, in true time. */
  readonly unchangedMs: number;
  readonly after: Lease;
  /** Speed of the store's clock, if it counts the lease down itself. */
  readonly storeRate: number | undefined;
}

export type WriteKind = 'acquire' | 'renew' | 'release' | 'ask';

/** True times add up to within this, in milliseconds: wall clocks are large numbers. */
const ROUNDING_MS = 0.1;

/** @returns what kind of write it was. @throws {Violation} if it was none that an elector may make. */
export function judgeWrite(committed: Committed, book: Book): WriteKind {
  const { request, writer, before, after } = committed;
  if (writer.observes) throw new Violation('S5', `${request.electorId} only observes, and wrote`);
  keepsForeign(before, after);
  if (after.holder === '') return judgeRelease(committed, book);
  if (electorOf(after.termId) !== request.electorId) return judgeAsking(committed);
  if (before?.termId === after.termId) return 'renew';
  return judgeTaking(committed);
}

function keepsForeign(before: Lease | undefined, after: Lease): void {
  if (before === undefined) return;
  const had = (before.foreign as Foreign).notes;
  const has = (after.foreign as Foreign).notes;
  if (had !== has)
    throw new Violation('S9', `others had written ${had} times into the object, after the write of ${after.termId} ${has}`);
}

function judgeRelease({ request, before }: Committed, book: Book): WriteKind {
  const { seen, electorId } = request;
  if (before === undefined || before.termId !== seen?.termId || electorOf(before.termId) !== electorId) {
    throw new Violation('S5', `${electorId} released a lease that is ${before?.termId || 'nobody'}'s`);
  }
  const term = book.get(before.termId);
  if (term?.token === undefined) return 'release'; // it never began
  if (term.aborted === undefined) throw new Violation('S6', `${term.termId} was released before its signal was aborted`);
  if (!term.settled) throw new Violation('S6', `${term.termId} was released while its work was going on`);
  return 'release';
}

/** Only the request itself may be new. */
function judgeAsking({ request, before, after }: Committed): WriteKind {
  const { electorId } = request;
  if (before === undefined) throw new Violation('S5', `${electorId} made a lease anew for ${after.termId}`);
  const changed = (Object.keys(request.next) as (keyof typeof request.next)[]).filter((key) => before[key] !== after[key]);
  if (changed.some((key) => key !== 'handOffTo') || before.handOffTo !== '') {
    throw new Violation(
      'S5',
      `${electorId} changed ${changed.join(', ')} of ${before.termId || 'a free lease'}, which is not its own`,
    );
  }
  return 'ask';
}

function judgeTaking({ request, writer, identity, before, unchangedMs, after, storeRate }: Committed): WriteKind {
  if (before === undefined) {
    if (after.renewal > 0) throw new Violation('S5', `a renewal of ${after.termId} made a deleted lease anew`);
    return 'acquire';
  }
  const what = `${after.termId} took the lease of ${before.termId || 'nobody'}`;
  if (before.reservedBecause !== undefined) throw new Violation('reserved', `${what}, which somebody else assigns`);
  if (electorOf(before.termId) === request.electorId) return 'acquire';
  if (before.holder === '') {
    const leftMs = writer.timing.retryPeriodMs / writer.rate;
    const meant = before.handOffTo !== '' && before.handOffTo !== identity;
    if (!meant || unchangedMs >= leftMs - ROUNDING_MS) return 'acquire';
    throw new Violation('reserved', `${what}, meant for ${before.handOffTo}, after ${unchangedMs.toFixed(0)} ms`);
  }
  const leastMs = before.durationMs / (storeRate ?? writer.rate);
  if (unchangedMs >= leastMs - ROUNDING_MS) return 'acquire';
  throw new Violation('takeover', `${what} after ${unchangedMs.toFixed(0)} ms without a change, not ${leastMs.toFixed(0)}`);
}

/** Takes note of what the store has granted. */
export function enter(kind: WriteKind, { request, writer, after }: Committed, life: number, nowMs: number, book: Book): void {
  if (kind !== 'acquire' && kind !== 'renew') return;
  const term = book.get(after.termId);
  if (term === undefined) {
    book.add(after, request.node, life, writer.timing, request.sentAt, nowMs);
    return;
  }
  // The request that made the lease came twice, and between the two somebody deleted it. No compare can tell one absence from another.
  if (kind === 'acquire') term.robbed = true;
  if (request.sentAt.monoMs > term.sentAt.monoMs) {
    term.sentBefore = term.sentAt;
    term.sentAt = request.sentAt;
  }
  term.writtenAtMs = nowMs;
}

/** @throws {Violation} when a candidate sends what the store might carry out, and may not. */
export function judgeSending({ next, seen, sentAt, electorId }: WriteRequest, book: Book): void {
  const own: TermEntry | undefined = book.get(next.holder === '' ? (seen?.termId ?? '') : next.termId);
  if (own?.token === undefined || electorOf(own.termId) !== electorId) return;
  const what = next.holder === '' ? 'a release' : 'a renewal';
  if (own.lost) throw new Violation('loss', `${what} of ${own.termId} was sent after its loss was known`);
  const sinceMs = sentAt.monoMs - own.sentAt.monoMs;
  if (sinceMs >= own.timing.renewDeadlineMs)
    throw new Violation('loss', `${what} of ${own.termId} was sent ${sinceMs.toFixed(0)} ms after its last write`);
}
