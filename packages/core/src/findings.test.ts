import { describe, expect, test } from 'vitest';
import { Explanation } from './explain.ts';
import type { Guard, Policy } from './policy.ts';
import type { PolicyTraits } from './traits.ts';

const policy = (name: string, traits: PolicyTraits): Guard => ({ name, enter: () => {}, traits: () => traits });
const deadline = (limitMs: number): Guard => policy('deadline', { limitMs });
const timeout = (limitMs: number): Guard => policy('timeout', { limitMs });
const retry = (attempts: number, betweenMs = 0): Guard => policy('retry', { attempts, betweenMs });
const queue = (waitMs: number): Guard => policy('queue', { waitMs, holds: true });
const breaker = policy('breaker', { judges: true });
const constant = policy('constant', { answerMs: 0 });
const bound = deadline(10_000);

/** Findings in one line each, as they are read. */
const said = (...policies: Policy<unknown>[]): string[] =>
  new Explanation('p', policies).findings.map(
    ({ severity, code, policies: about, message }) => `${severity} ${code} [${about.join(', ')}] ${message}`,
  );

test.each<[said: string, policies: Policy<unknown>[]]>([
  ['warning unbounded [] nothing bounds how long a call may take: add a deadline', [breaker]],
  ['warning unbounded [] nothing bounds how long a call may take: add a deadline', []],
  ['warning unknown [odd] cannot tell what it does: a keyed policy wants a sampleKey', [bound, policy('odd', { unknown: true })]],
  [
    'error limit_never_reached [deadline, timeout] 1001 ms is never reached: deadline ends it after 1000 ms',
    [deadline(1_000), timeout(1_001)],
  ],
  [
    'error wait_never_reached [deadline, queue] a wait of 1000 ms is never reached: deadline ends it after 1000 ms',
    [deadline(1_000), queue(1_000)],
  ],
  [
    'error slow_never_seen [breaker] no call is ever as slow as 500 ms: timeout ends it after 500 ms',
    [policy('breaker', { slowCallMs: 500 }), timeout(500)],
  ],
  [
    'error slow_never_seen [slow] no call is ever as slow as 500 ms: slow ends it after 400 ms',
    [policy('slow', { slowCallMs: 500, limitMs: 400 })],
  ],
  [
    'error slow_never_seen [breaker] no call is ever as slow as 500 ms: deadline ends it after 300 ms',
    [deadline(300), policy('breaker', { slowCallMs: 500 })],
  ],
  [
    'warning judges_calls [breaker, retry] it sees one outcome for all attempts: put it inside',
    [bound, breaker, retry(3), timeout(100)],
  ],
  [
    'warning held_between_attempts [queue, retry] it is held while the call waits to be repeated',
    [bound, queue(10), retry(2, 1), timeout(100)],
  ],
  [
    'warning attempts_multiply [outer, retry] together they make up to 6 attempts',
    [bound, policy('outer', { attempts: 3 }), retry(2), timeout(100)],
  ],
  [
    'warning hides_failures [retry, constant] an answered failure is a success to it: put the answer outside',
    [bound, retry(2), constant, timeout(100)],
  ],
  ['warning attempt_unbounded [deadline, retry] one hung attempt takes the time of all: add a timeout inside', [bound, retry(2)]],
  [
    'hint attempts_do_not_fit [deadline, retry] of 3 attempts that take their longest (100 ms) 2 fit: deadline ends it after 250 ms',
    [deadline(250), retry(3), timeout(100)],
  ],
  [
    'hint wait_counts_as_attempt [timeout, queue] its queue takes from the time of the attempt: put it outside',
    [bound, retry(2), timeout(100), queue(50)],
  ],
])('%s (%#)', (expected, policies) => {
  expect(said(...policies)).toEqual([expected]);
});

describe('nothing is said of', () => {
  test.each<[what: string, policies: Policy<unknown>[]]>([
    ['a permit held by what repeats at once', [bound, queue(10), retry(2, 0), timeout(100)]],
    [
      'a permit held around retries that say nothing of waits',
      [bound, queue(10), policy('retry', { attempts: 2 }), timeout(100)],
    ],
    ['one attempt around one attempt', [bound, retry(1), retry(1), timeout(100)]],
    ['an answer outside', [bound, constant, retry(2), breaker, timeout(100)]],
    [
      'attempts side by side in a time that is too short for all',
      [deadline(250), policy('hedge', { attempts: 3, parallel: true }), timeout(100)],
    ],
    [
      'slowness below a limit that only tells',
      [bound, policy('b', { slowCallMs: 500 }), policy('soft', { limitMs: 400, cooperative: true })],
    ],
    [
      'a limit inside one that only tells',
      [bound, policy('soft', { limitMs: 400, cooperative: true }), timeout(500), queue(450)],
    ],
    ['what is no longer than a limit that is shorter than anything', [deadline(0.5), policy('quiet', {})]],
    ['what does not wait in a limit of the shortest', [deadline(1), policy('quiet', {})]],
    ['attempts without waits that just fit', [deadline(300), policy('retry', { attempts: 3 }), timeout(100)]],
    ['a limit of one attempt with nothing that waits in it', [bound, retry(2), timeout(100), breaker]],
    ['what says nothing of itself', [bound, { name: 'mine', enter: () => {} }]],
    ['a queue inside a soft limit that is repeated', [bound, retry(2), queue(10), timeout(100)]],
  ])('%s', (_what, policies) => {
    expect(said(...policies)).toEqual([]);
  });
});

test('attempts that nothing around them limits are not said to take the time of all', () => {
  expect(said(policy('quiet', {}), retry(2))).toEqual([
    'warning unbounded [] nothing bounds how long a call may take: add a deadline',
  ]);
});

test('how many attempts fit is rounded down, and a wait counts however short it is', () => {
  expect(said(deadline(250), retry(4), timeout(100))[0]).toContain(' 2 fit: ');
  expect(said(bound, retry(2), timeout(100), queue(0.5))[0]).toContain('wait_counts_as_attempt');
});

test('a policy in three places is found in each but the first', () => {
  const cap = queue(10);
  expect(said(bound, cap, cap, cap)).toEqual([
    'error same_policy_twice [queue] stands here twice: each call passes it twice',
    'error same_policy_twice [queue] stands here twice: each call passes it twice',
  ]);
});

test('errors come before warnings, and warnings before hints; the outer ones first', () => {
  const all = said(retry(2), queue(10), deadline(250), retry(2), timeout(200), queue(500));
  const severities = all.map((line) => line.split(' ')[0]);
  expect(severities).toEqual(severities.toSorted((a, b) => 'ewh'.indexOf(a![0]!) - 'ewh'.indexOf(b![0]!)));
  expect(new Set(severities).size).toBe(3);
});
