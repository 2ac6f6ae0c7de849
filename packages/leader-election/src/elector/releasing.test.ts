import { describe, expect, test } from 'vitest';
import { Driver, HELD, LOST_ANSWER, LOST_REQUEST } from '../../test/driver.ts';
import type { Fate } from '../../test/driver.ts';

/** A leader since 0 ms, with nothing sent or told, whose work does not end by itself. */
function leader(driver: Driver, settings = {}) {
  const a = driver.candidate('a', settings).lead();
  a.obedient = false;
  a.takeSent();
  a.takeFacts();
  return a;
}

const REFUSED: Fate = { fails: { fault: 'unreachable' } };
const B = { ...HELD, holder: 'b', termId: 'b1.1' };

describe('while the work of a stopped leader goes on', () => {
  test('the signal is aborted, and the lease is renewed and not released', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.stop();
    expect(a.aborted).toEqual([{ atMs: 0, reason: 'stopped' }]);
    driver.advance(4_000);
    expect(a.takeSent()).toEqual(['renew', 'renew']);
    expect(driver.lease?.holder).toBe('a');
    expect(a.validity).toBe('held');
    a.settle();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['release']);
    expect(driver.lease?.holder).toBe('');
    expect(a.finished).toEqual([{ atMs: 4_000, drained: true }]);
  });

  test('it is given the time to drain and no more; then the lease is left to expire', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.stop();
    driver.advance(10_000);
    expect(a.finished).toEqual([{ atMs: 10_000, drained: false }]);
    expect(a.takeSent()).toEqual(['renew', 'renew', 'renew', 'renew']);
    expect(driver.lease?.holder).toBe('a');
    expect(a.takeFacts().at(-1)).toBe('term.ended');
    a.settle();
    driver.advance(60_000);
    expect(a.takeSent()).toEqual([]);
  });

  test('the end of the term is told all the same, with how long it was', () => {
    const driver = new Driver();
    driver.advance(500);
    const a = leader(driver);
    driver.advance(1_000);
    a.stop();
    driver.advance(10_000);
    expect(a.facts.at(-1)).toEqual({ type: 'term.ended', token: 1n, reason: 'stopped', heldMs: 11_000, drained: false });
  });

  test('a second stop changes nothing', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.stop();
    driver.advance(3_000);
    a.stop();
    driver.advance(7_000);
    expect(a.aborted).toHaveLength(1);
    expect(a.finished).toEqual([{ atMs: 10_000, drained: false }]);
  });

  test('the lease may be lost, and then there is nothing to release', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.stop();
    driver.put(B);
    driver.advance(2_000);
    expect(a.validity).toBe('lapsed');
    a.settle();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['renew', 'read']);
    expect(driver.lease).toMatchObject({ holder: 'b', revision: 2n });
    expect(a.aborted).toHaveLength(1);
    expect(a.finished).toEqual([{ atMs: 2_000, drained: true }]);
  });

  test('the term may lapse, and the work is still waited for', () => {
    const driver = new Driver();
    const a = leader(driver, { drainTimeoutMs: 30_000 });
    a.stop();
    a.fate = LOST_REQUEST;
    driver.advance(29_000);
    expect(a.finished).toEqual([]);
    driver.advance(1_000);
    expect(a.finished).toEqual([{ atMs: 30_000, drained: false }]);
  });

  test('somebody else may be asked for the lease by name, and gets it', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.resign('b');
    driver.advance(3_000);
    a.settle();
    driver.advance(0);
    expect(driver.lease).toMatchObject({ holder: '', handOffTo: 'b' });
    expect(a.facts.find(({ type }) => type === 'lease.released')).toEqual({ type: 'lease.released', token: 1n, to: 'b' });
  });
});

describe('a stop that comes while', () => {
  test('a lost term still works gives that the time to drain', () => {
    const driver = new Driver();
    const a = leader(driver);
    driver.remove();
    driver.advance(2_000);
    expect(a.aborted).toEqual([{ atMs: 2_000, reason: 'deleted' }]);
    driver.advance(1_000);
    a.stop();
    driver.advance(9_999);
    expect(a.finished).toEqual([]);
    driver.advance(1);
    expect(a.finished).toEqual([{ atMs: 13_000, drained: false }]);
  });

  test('a leader that has resigned still works does not give it more time', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.resign();
    driver.advance(4_000);
    a.stop();
    driver.advance(6_000);
    expect(a.finished).toEqual([{ atMs: 10_000, drained: false }]);
  });

  test('the lease is being released ends with that', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ answersAfterMs: 100 });
    a.resign();
    a.settle();
    driver.advance(50);
    a.stop();
    driver.advance(50);
    expect(a.finished).toEqual([{ atMs: 100, drained: true }]);
    expect(a.takeSent()).toEqual(['release']);
  });
});

describe('a resignation', () => {
  test('whose work does not end in time leaves the lease to expire, and the work to end', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.resign();
    driver.advance(10_000);
    expect(a.role).toBe('draining');
    expect(a.validity).toBe('lapsed');
    a.takeSent();
    driver.advance(60_000);
    expect(new Set(a.takeSent())).toEqual(new Set(['read']));
    a.settle();
    driver.advance(0);
    expect(a.role).toBe('following');
    expect(a.takeSent()).toEqual(['read']);
    expect(a.takeFacts().filter((type) => type === 'term.ended')).toHaveLength(1);
  });

  test('whose work does not end in time gives up the renewal that is under way', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.resign();
    driver.advance(7_000);
    a.fate = LOST_REQUEST;
    driver.advance(3_000);
    expect(a.cancelled).toEqual([5]);
    expect(a.elector.state.pending).toBeUndefined();
    a.fate = {};
    driver.advance(60_000);
    expect(a.takeFacts()).not.toContain('lease.request_failed');
  });

  test('of who leads nothing is nothing', () => {
    const driver = new Driver();
    driver.put(HELD);
    const a = driver.candidate('a').lead();
    a.resign('b');
    expect(a.role).toBe('following');
    expect(a.elector.state.successor).toBe('');
  });

  test('goes to anybody if nobody is named', () => {
    const driver = new Driver();
    const [a, b] = [leader(driver), driver.candidate('b').lead().watch()];
    driver.advance(1_000);
    a.resign();
    a.settle();
    driver.advance(0);
    expect(b.begun).toHaveLength(1);
    expect(driver.lease).toMatchObject({ holder: 'b', handOffTo: '' });
  });
});

describe('a release', () => {
  /** Whose work has settled, so that the lease is being released. */
  const releasing = (driver: Driver, ...fates: Fate[]) => {
    const a = leader(driver);
    a.fates.push(...fates);
    a.stop();
    a.settle();
    return a;
  };

  test('whose answer is lost has taken place, as the read shows', () => {
    const driver = new Driver();
    const a = releasing(driver, LOST_ANSWER);
    driver.advance(3_000);
    expect(a.takeSent()).toEqual(['release', 'read']);
    expect(a.takeFacts()).toEqual(['term.ending', 'lease.request_failed', 'lease.released', 'leader.changed', 'term.ended']);
    expect(a.finished).toEqual([{ atMs: 3_000, drained: true }]);
  });

  test('that was lost on the way is made again', () => {
    const driver = new Driver();
    const a = releasing(driver, LOST_REQUEST);
    driver.advance(3_000);
    expect(a.takeSent()).toEqual(['release', 'read', 'release']);
    expect(driver.lease?.holder).toBe('');
  });

  test('whose re-read shows another holder leaves it alone', () => {
    const driver = new Driver();
    const a = releasing(driver, LOST_REQUEST);
    driver.put(B);
    driver.advance(3_000);
    expect(a.takeSent()).toEqual(['release', 'read']);
    expect(driver.lease).toMatchObject({ holder: 'b', revision: 2n });
    expect(a.takeFacts()).toEqual(['term.ending', 'lease.request_failed', 'leader.changed', 'term.ended']);
  });

  test('finds the lease deleted, and is done', () => {
    const driver = new Driver();
    const a = releasing(driver, LOST_REQUEST);
    driver.remove();
    driver.advance(3_000);
    expect(a.takeSent()).toEqual(['release', 'read']);
    expect(driver.lease).toBeUndefined();
    expect(a.finished).toHaveLength(1);
  });

  test('that is refused is tried again a retry period later, and the lease is left to expire after two time-outs', () => {
    const driver = new Driver();
    const a = releasing(driver, REFUSED, REFUSED, REFUSED);
    driver.advance(6_000);
    expect(a.sent).toEqual([0, 2_000, 4_000].map((atMs) => ({ atMs, kind: 'release' })));
    expect(a.finished).toEqual([{ atMs: 6_000, drained: true }]);
    expect(driver.lease?.holder).toBe('a');
  });

  test('waits as long as the store asks', () => {
    const driver = new Driver();
    const a = releasing(driver, { fails: { fault: 'throttled', retryAfterMs: 3_500 } });
    driver.advance(3_500);
    expect(a.sent).toEqual([
      { atMs: 0, kind: 'release' },
      { atMs: 3_500, kind: 'release' },
    ]);
    expect(a.finished).toEqual([{ atMs: 3_500, drained: true }]);
  });

  test('is given up when the term would have lapsed', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fate = LOST_REQUEST;
    driver.advance(8_000);
    a.stop();
    a.settle();
    driver.advance(2_000);
    expect(a.finished).toEqual([{ atMs: 10_000, drained: true }]);
  });

  test('that is delivered twice frees the lease once: the copy is refused', () => {
    const driver = new Driver();
    const a = leader(driver);
    const seen = driver.lease;
    a.stop();
    a.settle();
    driver.advance(0);
    const b = driver.candidate('b').lead();
    expect(b.role).toBe('leading');
    expect(driver.serve(seen, { ...HELD, holder: '', termId: '' })).toEqual({ type: 'conflict' });
    expect(driver.lease?.holder).toBe('b');
  });

  test('after a lapse is none', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fate = LOST_REQUEST;
    driver.advance(10_000);
    a.takeSent();
    a.fate = {};
    a.settle();
    expect(a.takeSent()).toEqual(['read']);
    expect(driver.lease?.holder).toBe('a');
  });

  test('waits for a renewal that then fails, and reads first if that may be written', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ answersAfterMs: 100, fails: { fault: 'unreachable', mayBeWritten: true } });
    driver.advance(2_050);
    a.stop();
    a.settle();
    driver.advance(2_000);
    expect(a.sent).toEqual([
      { atMs: 2_000, kind: 'renew' },
      { atMs: 4_000, kind: 'read' },
      { atMs: 4_000, kind: 'release' },
    ]);
    expect(driver.lease).toMatchObject({ holder: '', revision: 3n });
  });
});

test('what a watch tells while the lease is released is noted, and nothing else', () => {
  const driver = new Driver();
  const a = leader(driver).watch();
  a.fates.push({ answersAfterMs: 100 });
  a.resign();
  a.settle();
  driver.advance(50);
  expect(a.takeFacts()).toEqual(['term.ending', 'leader.changed']);
  expect(a.role).toBe('releasing');
  driver.advance(50);
  expect(a.role).toBe('following');
});
