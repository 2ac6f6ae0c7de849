import type { Effect, Fact, Input, TermEnd } from '../src/elector/inputs.ts';
import type { Book, TermEntry } from './book.ts';
import { electorOf } from './register.ts';
import { Violation } from './violation.ts';

/** @throws {Violation} @returns the term that begins. */
export function judgeBegin(termId: string, token: bigint, working: TermEntry | undefined, book: Book): TermEntry {
  const term = book.get(termId);
  if (term === undefined) throw new Violation('S2', `${termId} began, and the store never granted it`);
  if (term.token !== undefined) throw new Violation('S7', `${termId} began twice`);
  if (working !== undefined) throw new Violation('overlap', `${termId} began while the work of ${working.termId} was going on`);
  if (token < term.wonAt) throw new Violation('S2', `${termId} was won by revision ${term.wonAt}, and has the token ${token}`);
  const next = book.terms[term.place + 1];
  if (next !== undefined && token >= next.wonAt) {
    throw new Violation('S2', `${termId} has the token ${token}, and ${next.termId} was won after it by revision ${next.wonAt}`);
  }
  term.token = token;
  return term;
}

export function judgeAbort(termId: string, reason: TermEnd, book: Book): TermEntry {
  const term = book.get(termId);
  if (term?.token === undefined) throw new Violation('S7', `${termId} was aborted (${reason}), and has not begun`);
  if (term.aborted !== undefined) throw new Violation('S7', `${termId} was aborted twice: ${term.aborted}, ${reason}`);
  term.aborted = reason;
  return term;
}

/** What observers are told of a term comes once, and in order. */
export function judgeFact(fact: Fact, electorId: string, book: Book): void {
  if (fact.type !== 'term.started' && fact.type !== 'term.ended') return;
  const term = book.terms.findLast(({ termId, token }) => token === fact.token && electorOf(termId) === electorId);
  if (term === undefined)
    throw new Violation('S7', `${electorId} told ${fact.type} of token ${fact.token}, under which no term began`);
  const again = fact.type === 'term.started' ? term.started : term.ended;
  if (again) throw new Violation('S7', `${fact.type} was told twice of ${term.termId}`);
  if (fact.type === 'term.started') term.started = true;
  else if (!term.started || term.aborted === undefined) throw new Violation('S7', `${term.termId} ended before it was told to`);
  else term.ended = true;
}

/** What an elector was told of its term: does it know from this that the lease is not its own any more? */
export function judgeNews(input: Input, term: TermEntry, staleReads: boolean): void {
  if (!tellsLoss(input, term, staleReads)) return;
  term.lost = true;
  if (term.aborted === undefined)
    throw new Violation('loss', `${term.termId} goes on, and its elector has learnt that the lease is not its own`);
}

/** Of what came before the write that it began on, nothing counts: a claim that was carried out twice, and deleted in between, was won then. */
function tellsLoss(input: Input, { termId, wonAt, token = wonAt }: TermEntry, staleReads: boolean): boolean {
  if (input.type === 'deleted') return input.revision > token;
  const read = input.type === 'answered' && input.answer.type === 'read';
  if (!read && input.type !== 'seen') return false;
  const lease = input.type === 'seen' ? input.lease : input.answer.type === 'read' ? input.answer.lease : undefined;
  if (lease === undefined) return !staleReads;
  return lease.revision > token && lease.termId !== termId;
}

/** The end is the last thing an elector wants, and leaves nothing open. */
export function judgeEnd(effects: readonly Effect[], electorId: string, working: TermEntry | undefined, book: Book): void {
  const end = effects.findIndex(({ type }) => type === 'finished');
  if (end < 0) return;
  if (end < effects.length - 1) throw new Violation('S8', `${electorId} wanted ${effects[end + 1]!.type} after its end`);
  const { leftBehind } = effects[end] as Extract<Effect, { type: 'finished' }>;
  if (leftBehind === undefined && working !== undefined)
    throw new Violation('S8', `${electorId} ended drained, and the work of ${working.termId} goes on`);
  const open = book.terms.find(({ termId, started, ended }) => started && !ended && electorOf(termId) === electorId);
  if (open !== undefined) throw new Violation('S7', `${electorId} ended, and never told the end of ${open.termId}`);
}
