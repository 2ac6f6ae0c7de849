import { describe, expect, test } from 'vitest';
import { keyed } from './keyed.ts';
import { pipeline } from './pipeline.ts';
import type { Guard, Policy } from './policy.ts';
import type { PolicyTraits } from './traits.ts';

const policy = (name: string, traits: PolicyTraits): Guard => ({ name, enter: () => {}, traits: () => traits });

const deadline = (limitMs: number): Guard => policy('deadline', { limitMs });
const timeout = (limitMs: number): Guard => policy('timeout', { limitMs });
const retry = (attempts: number, betweenMs = 100): Guard => policy('retry', { attempts, betweenMs });
const breaker = policy('breaker', { judges: true });
const queue = (waitMs: number): Guard => policy('queue', { waitMs, holds: true });
const fallback = policy('fallback', { answerMs: Number.POSITIVE_INFINITY });
const constant = policy('constant', { answerMs: 0 });
const hedge = policy('hedge', { attempts: 2, betweenMs: 50, parallel: true });

const explained = (...policies: Policy<unknown>[]): ReturnType<ReturnType<typeof pipeline>['explain']> =>
  pipeline('p', ...policies).explain();

const added = policy('added', { attempts: 2, betweenMs: 50, parallel: true, firstOnly: true });

const codes = (...policies: Policy<unknown>[]): string[] =>
  explained(...policies).findings.map(({ code, policies: about }) => [code, ...about].join(' '));

describe('the worst case', () => {
  test.each<[string, Policy<unknown>[], number, number]>([
    ['nothing', [], Number.POSITIVE_INFINITY, 1],
    ['a policy that says nothing', [{ name: 'mine', enter: () => {} }, timeout(50)], 50, 1],
    ['a limit', [timeout(50)], 50, 1],
    ['a limit that only tells', [policy('polite', { limitMs: 50, cooperative: true })], Number.POSITIVE_INFINITY, 1],
    ['the shorter of two limits', [deadline(30), timeout(50)], 30, 1],
    ['a queue before a limit', [queue(10), timeout(50)], 60, 1],
    ['a queue inside a limit', [timeout(50), queue(10)], 50, 1],
    ['attempts and the waits between them', [retry(3, 100), timeout(50)], 250, 3],
    [
      'attempts that the other side asks to wait',
      [policy('retry', { attempts: 3, betweenMs: 100, askedMs: 900 }), timeout(50)],
      1_050,
      3,
    ],
    ['attempts inside a limit', [deadline(200), retry(3, 100), timeout(50)], 200, 3],
    ['attempts side by side', [hedge, timeout(100)], 150, 2],
    ['attempts of attempts', [retry(3, 0), hedge, timeout(100)], 450, 6],
    ['attempts that do not repeat repeated ones', [retry(3, 0), added, timeout(100)], 350, 4],
    ['the other way round', [hedge, policy('retry', { attempts: 3, betweenMs: 20, firstOnly: true }), timeout(100)], 370, 4],
    ['an answer that is there', [constant, timeout(100)], 100, 1],
    ['an answer that takes its time', [policy('slow', { answerMs: 20 }), timeout(100)], 120, 1],
  ])('of %s', (_what, policies, worstCaseMs, attempts) => {
    expect(explained(...policies)).toMatchObject({ worstCaseMs, attempts });
  });

  test('names the answers that nobody bounds', () => {
    expect(explained(fallback, timeout(100))).toMatchObject({ worstCaseMs: 100, unboundedAnswers: ['fallback'] });
    expect(explained(deadline(200), fallback, timeout(100))).toMatchObject({ worstCaseMs: 200, unboundedAnswers: [] });
  });

  test('is told for every layer, through pipelines and keys', () => {
    const inner = pipeline('inner', retry(2, 10), timeout(40));
    const perKey = keyed(
      ({ key }) => key,
      () => queue(5),
    );
    const { layers } = explained(deadline(500), inner, perKey);
    expect(layers.map(({ policy: name, worstCaseMs, attempts }) => [name, worstCaseMs, attempts])).toEqual([
      ['deadline', 90, 2],
      ['retry', 90, 2],
      ['timeout', 40, 1],
      ['queue', Number.POSITIVE_INFINITY, 1],
    ]);
  });

  test('in the long run is what budgets leave of it', () => {
    const budgeted = policy('retry', { attempts: 3, extraRatio: 0.1 });
    expect(explained(budgeted, hedge)).toMatchObject({ attempts: 6, amplification: 2.2 });
    expect(explained(policy('retry', { attempts: 2, extraRatio: 5 }))).toMatchObject({ attempts: 2, amplification: 2 });
  });
});

describe('what does not fit together', () => {
  const bound = deadline(10_000);

  test.each<[string, Policy<unknown>[], string[]]>([
    ['nothing at all', [bound, retry(3, 100), breaker, queue(100), timeout(1_000)], []],
    ['no limit', [breaker], ['unbounded']],
    ['a limit that only tells', [policy('polite', { limitMs: 50, cooperative: true })], ['unbounded']],
    ['a longer limit inside', [deadline(1_000), timeout(1_001)], ['limit_never_reached deadline timeout']],
    ['an equal one', [deadline(1_000), timeout(1_000)], []],
    ['no limit of one of two', [deadline(1_000), timeout(Number.POSITIVE_INFINITY)], []],
    ['a wait as long as the limit', [deadline(1_000), queue(1_000)], ['wait_never_reached deadline queue']],
    ['a wait without end', [deadline(1_000), queue(Number.POSITIVE_INFINITY)], []],
    ['slower than any call', [policy('b', { slowCallMs: 500, judges: true }), timeout(500)], ['slow_never_seen b']],
    ['as slow as can be', [policy('b', { slowCallMs: 499, judges: true }), timeout(500)], []],
    ['a breaker around retries', [bound, breaker, retry(3), timeout(100)], ['judges_calls breaker retry']],
    ['retries around retries', [bound, retry(3, 0), retry(2, 0), timeout(100)], ['attempts_multiply retry retry']],
    ['retries around what repeats no retries', [bound, retry(3, 0), added, timeout(100)], []],
    ['a permit around waits', [bound, queue(10), retry(2, 10), timeout(100)], ['held_between_attempts queue retry']],
    ['a permit around hedges', [bound, queue(10), hedge, timeout(100)], []],
    ['an answer inside a retry', [bound, retry(2), constant, timeout(100)], ['hides_failures retry constant']],
    ['an answer inside a breaker', [bound, breaker, constant, timeout(100)], ['hides_failures breaker constant']],
    ['a hedge without limit', [bound, hedge], []],
    ['an attempt without limit', [bound, retry(2)], ['attempt_unbounded deadline retry']],
    ['attempts that do not fit', [deadline(250), retry(3, 0), timeout(100)], ['attempts_do_not_fit deadline retry']],
    ['attempts that just fit', [deadline(300), retry(3, 0), timeout(100)], []],
    ['a queue inside an attempt', [bound, retry(2), timeout(100), queue(50)], ['wait_counts_as_attempt timeout queue']],
    ['a queue inside a call', [deadline(100), queue(50)], []],
  ])('%s', (_what, policies, expected) => {
    expect(codes(...policies)).toEqual(expected);
  });

  test('the same policy in two places', () => {
    const cap = queue(10);
    expect(codes(bound, cap, pipeline('inner', cap))).toEqual(['same_policy_twice queue']);
  });

  test('says how many attempts fit, and never as many as there are', () => {
    expect(explained(deadline(250), retry(3, 0), timeout(100)).findings[0]?.message).toContain('of 3 attempts');
    expect(explained(deadline(250), retry(3, 0), timeout(100)).findings[0]?.message).toContain('2 fit');
    expect(explained(deadline(310), retry(3, 100), timeout(100)).findings[0]?.message).toContain('2 fit');
    expect(explained(deadline(50), retry(3, 0), timeout(50)).findings[0]?.message).toContain('1 fit');
  });

  test('comes with the worst first', () => {
    const severities = explained(retry(2), breaker, retry(2), queue(5_000), timeout(100), queue(200)).findings.map(
      ({ severity }) => severity,
    );
    expect(severities).toEqual([...severities].sort((a, b) => (a < b ? -1 : 1) * (a === 'hint' || b === 'hint' ? -1 : 1)));
    expect(severities[0]).toBe('error');
  });
});

test('a limit that could be reached is named by the shortest', () => {
  const slow = policy('breaker', { slowCallMs: 5_000 });
  expect(explained(deadline(2_000), slow, timeout(500)).findings[0]?.message).toContain('timeout ends it after 500 ms');
});

test('is plain data, and a text for people', () => {
  const slow = policy('breaker', { judges: true, slowCallMs: 5_000 });
  const budgeted = policy('retry', { attempts: 3, betweenMs: 1_000, extraRatio: 0.1 });
  const polite = policy('polite', { limitMs: 60.004, cooperative: true });
  const explanation = explained(fallback, deadline(2_000), budgeted, slow, queue(200), timeout(500), hedge, polite);

  expect(JSON.parse(JSON.stringify(explanation))).toMatchObject({ pipeline: 'p', worstCaseMs: 2_000, attempts: 6 });
  expect(String(explanation)).toMatchInlineSnapshot(`
    "p: ends within 2000 ms + fallback; up to 6 attempts; in the long run 2.2 times the load

      policy    what it may do                                     with all inside it
      fallback  may answer in its place                            2000 ms + fallback, up to 6 attempts
      deadline  ends it after 2000 ms                              2000 ms, up to 6 attempts
      retry     up to 3 attempts, 1000 ms between them             3100 ms, up to 6 attempts
      breaker   refuses when too much fails, slow from 5000 ms on  700 ms, up to 2 attempts
      queue     waits up to 200 ms, holds a permit                 700 ms, up to 2 attempts
      timeout   ends it after 500 ms                               500 ms, up to 2 attempts
      hedge     up to 2 attempts side by side, 50 ms between them  any time, up to 2 attempts
      polite    tells it to end after 60 ms                        any time, 1 attempt

      error: breaker: no call is ever as slow as 5000 ms: timeout ends it after 500 ms
      warning: retry > hedge: together they make up to 6 attempts
      warning: breaker > hedge: it sees one outcome for all attempts: put it inside
      hint: deadline > retry: of 3 attempts that take their longest (700 ms) 2 fit: deadline ends it after 2000 ms"
  `);
});
