import { describe, expect, test } from 'vitest';
import { Driver, HELD, LOST_REQUEST } from '../../test/driver.ts';

function leader(driver: Driver, settings = {}) {
  const a = driver.candidate('a', settings).lead();
  a.takeSent();
  a.takeFacts();
  return a;
}

describe('work that ends by itself', () => {
  test.each([
    [false, 'returned'],
    [true, 'failed'],
  ] as const)('(failed: %s) ends the term, and the lease is released', (failed, reason) => {
    const driver = new Driver();
    const a = leader(driver);
    driver.advance(1_000);
    a.settle(failed);
    driver.advance(0);
    expect(a.aborted).toEqual([{ atMs: 1_000, reason }]);
    expect(driver.lease?.holder).toBe('');
    expect(a.facts).toEqual([
      { type: 'term.ending', token: 1n, reason },
      { type: 'lease.released', token: 1n, to: '' },
      { type: 'leader.changed', lease: driver.lease },
      { type: 'term.ended', token: 1n, reason, heldMs: 1_000, drained: true },
    ]);
  });

  test('keeps the candidate away for longer each time, and never for longer than a lease', () => {
    const driver = new Driver();
    const a = leader(driver);
    const rests: number[] = [];
    for (let terms = 1; terms <= 6; terms++) {
      const endedAtMs = driver.nowMs;
      a.settle(true);
      while (a.begun.length === terms) driver.advance(1_000);
      rests.push(driver.nowMs - endedAtMs);
    }
    expect(rests).toEqual([2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  test('is not held against it once a term has lasted as long as a lease', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.settle(true);
    driver.advance(2_000);
    a.settle(true);
    driver.advance(4_000);
    expect(a.begun).toHaveLength(3);
    driver.advance(15_000);
    a.settle(true);
    driver.advance(0);
    expect(a.elector.state.shortTerms).toBe(0);
    driver.advance(2_000);
    expect(a.begun).toHaveLength(4);
  });

  test('lets another candidate lead in the meantime', () => {
    const driver = new Driver();
    const a = leader(driver);
    const b = driver.candidate('b').lead().watch();
    driver.advance(1_000);
    a.settle(true);
    driver.advance(2_000);
    expect(b.begun).toHaveLength(1);
    expect(a.begun).toHaveLength(1);
  });
});

describe('after the end of a term', () => {
  test('a candidate looks again at once, and rests for a retry period before it takes', () => {
    const driver = new Driver();
    const a = leader(driver);
    driver.put({ ...HELD, durationMs: 1_000 });
    driver.advance(2_000);
    expect(a.takeSent()).toEqual(['renew', 'read', 'read']);
    driver.advance(1_999);
    expect(a.begun).toHaveLength(1);
    driver.advance(1);
    expect(a.begun).toHaveLength(2);
  });

  test('that it has given up it rests for three', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.resign();
    driver.advance(5_999);
    expect(a.begun).toHaveLength(1);
    driver.advance(1);
    expect(a.begun).toHaveLength(2);
  });

  test('a retry period longer than a lease is rested for in full', () => {
    const driver = new Driver();
    const a = leader(driver, { leaseDurationMs: 1_000, retryPeriodMs: 3_000, renewDeadlineMs: 900, requestTimeoutMs: 500 });
    a.settle();
    driver.advance(2_999);
    expect(a.begun).toHaveLength(1);
    driver.advance(1);
    expect(a.begun).toHaveLength(2);
  });

  test('a candidate campaigns until it is stopped', () => {
    const driver = new Driver();
    const a = leader(driver);
    for (let losses = 0; losses < 5; losses++) {
      driver.remove();
      driver.advance(10_000);
    }
    expect(a.begun.map(({ token }) => token)).toEqual([1n, 3n, 8n, 13n, 18n, 23n]);
    expect(a.aborted.every(({ reason }) => reason === 'deleted')).toBe(true);
    a.stop();
    driver.advance(60_000);
    expect(a.finished).toHaveLength(1);
    expect(a.begun).toHaveLength(6);
  });

  test('the beginning and the end of each were told once, in order', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    a.resign();
    driver.advance(10_000);
    a.fate = LOST_REQUEST;
    driver.advance(20_000);
    a.stop();
    const told = a.facts.flatMap((fact) =>
      'token' in fact && fact.type.startsWith('term.') ? [`${fact.type} ${fact.token}`] : [],
    );
    expect(told).toEqual(['term.started 1', 'term.ending 1', 'term.ended 1', 'term.started 3', 'term.ending 3', 'term.ended 3']);
  });
});

describe('an elector that stopped while its work went on', () => {
  /** Its work has settled since, and it starts again. */
  const startedAgain = (driver: Driver) => {
    const a = driver.candidate('a').lead();
    a.obedient = false;
    a.resign('b');
    a.stop();
    driver.advance(10_000);
    expect(a.finished).toEqual([{ atMs: 10_000, drained: false }]);
    a.start();
    return a;
  };

  test('does not hand its next term over to the successor of the last', () => {
    const driver = new Driver();
    const a = startedAgain(driver);
    driver.advance(0);
    expect(a.begun).toHaveLength(2);
    a.settle();
    driver.advance(0);
    expect(driver.lease).toMatchObject({ holder: '', handOffTo: '' });
  });

  test('polls until the watch of its new campaign stands', () => {
    const driver = new Driver();
    driver.put(HELD);
    const a = driver.candidate('a').lead().watch();
    a.stop();
    a.watches = false;
    a.lead();
    a.takeSent();
    driver.advance(2_000);
    expect(a.takeSent()).toEqual(['read']);
  });

  test('settles a jump of the clocks in its next term', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    a.obedient = false;
    a.fate = LOST_REQUEST;
    a.wallAheadMs += 1_000;
    a.stop();
    driver.advance(10_000);
    expect(a.finished).toHaveLength(1);
    a.fate = {};
    a.lead();
    expect(a.begun).toHaveLength(2);
    a.takeSent();
    a.wallAheadMs += 1_000;
    a.tell({ type: 'wake' });
    expect(a.takeSent()).toEqual(['renew']);
  });
});
