/** What must hold in every run. S and Lv as numbered in the list of the package's requirements; the others say it in a word. */
export const rules = {
  S1: 'accepted fenced writes are ordered as the terms were won',
  S2: 'tokens grow from term to term, in the order in which the store granted them',
  S3: 'no two candidates pass assertLeader() at the same time',
  S5: 'a write changes nothing of a record that is not ours, but for what the rules allow',
  S6: 'the lease is released only when the signal is aborted and the work has settled',
  S7: 'each term has one start and one end, in this order',
  S8: 'nothing is wanted after the end',
  S9: 'what others keep in the lease stays',
  takeover: 'a lease is taken when it is free, or our own, or unchanged for as long as its holder claims it',
  reserved: 'a lease that is meant for another is left to it for a while, one that somebody else assigns altogether',
  trust: 'a term is trusted only for the renew deadline from when its last successful write was sent, by both clocks',
  loss: 'a loss that is known ends the term in the same step, and nothing is written for it any more',
  overlap: 'no elector has two works going on',
  Lv0: 'once all is well one candidate leads, within a lease and some retries',
  Lv1: 'a leader that crashed or was cut off is replaced within a lease and some retries of its last renewal',
  Lv2: 'a lease that was released has a new holder within a retry period with a watch, within a poll without',
  Lv3: 'a leader that cannot renew ends its term in time, by itself',
  Lv4: 'who leads changes neither by itself nor for a failure shorter than deadline minus period minus time-out',
  Lv5: 'after a cold start the stale record is taken within a lease and some retries',
  Lv6: 'no more candidates write for a free lease than there are',
  Lv8: 'a stopped candidate ends in time, whatever the store does',
  Lv9: 'a jump of the clock is settled by a renewal at once',
  load: 'a leader writes once in a retry period, a follower with a watch reads once in a lease',
} as const;

export type Rule = keyof typeof rules;

export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: Rule;

  constructor(rule: Rule, message: string) {
    super(message);
    this.rule = rule;
  }
}
