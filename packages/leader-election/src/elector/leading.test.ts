import { describe, expect, test } from 'vitest';
import { Driver, FREE, HELD, LOST_ANSWER, LOST_REQUEST } from '../../test/driver.ts';
import type { StoreFault } from '../store.ts';

/** A leader since 0 ms, with nothing sent or told. */
function leader(driver: Driver, settings = {}) {
  const a = driver.candidate('a', settings).lead();
  a.takeSent();
  a.takeFacts();
  return a;
}

const B = { ...HELD, holder: 'b', termId: 'b1.1' };

describe('how long a term is held', () => {
  test('counts from when a renewal was sent, not from when its answer came', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ answersAfterMs: 2_900 });
    a.fate = LOST_REQUEST;
    driver.advance(4_900);
    expect(a.takeFacts()).toEqual(['lease.renewed']);
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(7_100);
    driver.advance(7_099);
    expect(a.validity).toBe('held');
    driver.advance(1);
    expect(a.aborted).toEqual([{ atMs: 12_000, reason: 'lapsed' }]);
  });

  test('counts from when the write that won it was sent', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, { answersAfterMs: 1_500 });
    a.lead();
    driver.advance(1_500);
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(8_500);
    expect(a.wakesAtMs).toBe(2_000);
  });

  test('tells how long a renewal took', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ answersAfterMs: 700 });
    driver.advance(2_700);
    expect(a.facts).toEqual([{ type: 'lease.renewed', token: 1n, tookMs: 700 }]);
  });

  test('ends a leader cut off from the store at its deadline, before anybody else may lead', () => {
    const driver = new Driver();
    const a = leader(driver);
    const b = driver.candidate('b').lead();
    driver.advance(2_000);
    a.fate = LOST_REQUEST;
    driver.advance(60_000);
    expect(a.aborted).toEqual([{ atMs: 12_000, reason: 'lapsed' }]);
    const [taken] = b.sent.filter(({ kind }) => kind === 'acquire');
    expect(taken?.atMs).toBe(17_000);
  });

  test('is not made longer by a read that finds the lease unchanged', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ fails: { fault: 'unreachable' } }, { fails: { fault: 'unreachable' } }, LOST_REQUEST, {});
    a.fate = LOST_REQUEST;
    driver.advance(10_000);
    expect(a.aborted).toEqual([{ atMs: 10_000, reason: 'lapsed' }]);
  });

  test('ends on the first step after a stall, before the answer that has come meanwhile is looked at', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ answersAfterMs: 1_000 });
    driver.advance(2_500);
    a.freeze();
    driver.advance(20_000);
    expect(a.validity).toBe('lapsed');
    expect(a.elector.lapsedByMsOf('a1.1', a.now)).toBe(12_500);
    a.thaw();
    expect(a.aborted).toEqual([{ atMs: 22_500, reason: 'lapsed' }]);
    expect(a.takeFacts()).not.toContain('lease.renewed');
  });

  test('outlasts a stall shorter than the deadline', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.freeze();
    driver.advance(9_999);
    a.thaw();
    driver.advance(0);
    expect(a.aborted).toEqual([]);
    expect(a.takeSent()).toEqual(['renew']);
  });
});

describe('a lapse', () => {
  test('ends the term for good: what is won again is another, with another token', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fate = LOST_REQUEST;
    driver.advance(10_000);
    a.fate = {};
    driver.advance(4_000);
    expect(a.begun).toEqual([
      { termId: 'a1.1', token: 1n },
      { termId: 'a1.2', token: 2n },
    ]);
  });

  test('lets no other term begin while the work goes on', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.obedient = false;
    a.fate = LOST_REQUEST;
    driver.advance(10_000);
    a.fate = {};
    driver.advance(60_000);
    expect(a.begun).toHaveLength(1);
    expect(a.role).toBe('draining');
    a.settle();
    driver.advance(2_000);
    expect(a.begun).toHaveLength(2);
  });

  test('by deletion is followed by a look at once, under watch too', () => {
    const driver = new Driver();
    const a = leader(driver).watch();
    a.obedient = false;
    driver.advance(1_000);
    a.takeSent();
    driver.remove();
    driver.advance(0);
    expect(a.role).toBe('draining');
    expect(a.takeSent()).toEqual(['read']);
    expect(a.elector.state.observation?.lease).toBeUndefined();
    expect(a.takeFacts().at(-1)).toBe('leader.changed');
  });

  test('has the candidate see who leads by then, though its work goes on', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.obedient = false;
    a.fate = LOST_REQUEST;
    driver.advance(20_000);
    a.fate = {};
    a.takeSent();
    const b = driver.candidate('b').lead();
    driver.advance(20_000);
    expect(b.begun).toHaveLength(1);
    expect(a.elector.state.observation?.lease?.holder).toBe('b');
    expect(a.takeFacts()).toContain('leader.changed');
    expect(new Set(a.takeSent())).toEqual(new Set(['read']));
  });
});

describe('renewals', () => {
  test('come later by chance, so that candidates do not renew together', () => {
    const driver = new Driver();
    const a = leader(driver, { random: () => 0.5 });
    driver.advance(6_300);
    expect(a.sent.map(({ atMs }) => atMs)).toEqual([2_100, 4_200, 6_300]);
  });

  test('are what the leader itself knows of the lease', () => {
    const driver = new Driver();
    const a = leader(driver);
    driver.advance(4_000);
    expect(a.elector.state.observation?.lease).toEqual(driver.lease);
    expect(a.takeFacts()).toEqual(['lease.renewed', 'lease.renewed']);
  });

  test('carry the rank as it is now', () => {
    let rank = 3;
    const driver = new Driver();
    const a = driver.candidate('a');
    Object.defineProperty(a.elector.settings, 'rank', { get: () => rank });
    a.start();
    driver.advance(0);
    driver.advance(3_000);
    rank = 1;
    driver.advance(2_000);
    expect(driver.lease?.rank).toBe(1);
  });

  test('that time out are followed at once by a read, and by the next', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push(LOST_REQUEST);
    driver.advance(5_000);
    expect(a.sent).toEqual([
      { atMs: 2_000, kind: 'renew' },
      { atMs: 5_000, kind: 'read' },
      { atMs: 5_000, kind: 'renew' },
    ]);
    expect(a.facts[0]).toMatchObject({ type: 'lease.request_failed', kind: 'renew', fault: 'unreachable', mayBeWritten: true });
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(10_000);
  });

  test('whose answer is lost count from when they were sent, as soon as a read shows them', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push(LOST_ANSWER, {}, LOST_REQUEST);
    a.fate = LOST_REQUEST;
    driver.advance(5_000);
    expect(a.sent.map(({ kind }) => kind)).toEqual(['renew', 'read', 'renew']);
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(7_000);
    expect(a.begun).toHaveLength(1);
    driver.advance(7_000);
    expect(a.aborted).toEqual([{ atMs: 12_000, reason: 'lapsed' }]);
  });

  test('of a term are told apart: a read that shows an earlier one does not count for a later one', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push(LOST_ANSWER, LOST_REQUEST);
    a.fate = LOST_REQUEST;
    driver.advance(5_000); // the first has been written, and the read that would show it is lost
    a.fates.push({});
    driver.advance(3_000);
    expect(a.sent.map(({ kind }) => kind)).toEqual(['renew', 'read', 'read', 'renew']);
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(4_000);
  });

  test('whose answers are all lost hold the term, and no more of them are remembered than may still count', () => {
    const driver = new Driver();
    const a = leader(driver);
    for (let lost = 0; lost < 20; lost++) a.fates.push(LOST_ANSWER, {});
    driver.advance(60_000);
    expect(a.aborted).toEqual([]);
    const { role } = a.elector.state;
    expect(role.kind === 'leading' && role.tenure.unanswered.length).toBeLessThanOrEqual(4);
  });

  test('do not make good for one that has arrived late', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ arrivesAfterMs: 3_500 }, {}, {});
    driver.advance(5_500);
    expect(a.sent.map(({ kind }) => kind)).toEqual(['renew', 'read', 'renew']);
    expect(driver.lease).toMatchObject({ termId: 'a1.1', renewal: 2, revision: 2n }); // the late one was refused
    expect(a.begun).toHaveLength(1);
  });

  test('may fail for a while without an end to the term', () => {
    const driver = new Driver();
    const a = leader(driver);
    for (let failures = 0; failures < 3; failures++) a.fates.push({ fails: { fault: 'unreachable', mayBeWritten: false } });
    driver.advance(8_000);
    expect(a.sent).toEqual([2_000, 4_000, 6_000, 8_000].map((atMs) => ({ atMs, kind: 'renew' })));
    expect(a.aborted).toEqual([]);
    expect(driver.lease?.renewal).toBe(4);
  });

  test('of unknown outcome are never followed by another write blindly', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ fails: { fault: 'unreachable', mayBeWritten: true } });
    driver.advance(4_000);
    expect(a.sent.map(({ kind }) => kind)).toEqual(['renew', 'read', 'renew']);
    expect(driver.lease).toMatchObject({ renewal: 2, revision: 3n });
  });
});

describe('what the store refuses', () => {
  const afterFault = (fault: StoreFault, retryAfterMs?: number) => {
    const driver = new Driver();
    const a = leader(driver);
    const fails = retryAfterMs === undefined ? { fault } : { fault, retryAfterMs };
    a.fates.push({ fails });
    driver.advance(9_000);
    return a;
  };

  test.each(['unreachable', 'unauthorized', 'forbidden', 'throttled'] as const)('%s is tried again', (fault) => {
    const a = afterFault(fault);
    expect(a.sent.map(({ atMs }) => atMs)).toEqual([2_000, 4_000, 6_000, 8_000]);
    expect(a.facts[0]).toMatchObject({ type: 'lease.request_failed', kind: 'renew', fault });
  });

  test('with a time to wait is tried again after that', () => {
    expect(afterFault('throttled', 3_500).sent.map(({ atMs }) => atMs)).toEqual([2_000, 5_500, 7_500]);
  });

  test('with too long a time to wait is tried again while an attempt still fits before the deadline', () => {
    expect(afterFault('throttled', 600_000).sent.map(({ atMs }) => atMs)).toEqual([2_000, 7_000, 9_000]);
  });

  test('as invalid ends the term: it can never succeed', () => {
    const a = afterFault('invalid');
    expect(a.aborted).toEqual([{ atMs: 2_000, reason: 'refused' }]);
  });

  test('for too long ends the term when it lapses', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fate = { fails: { fault: 'forbidden' } };
    driver.advance(10_000);
    expect(a.aborted).toEqual([{ atMs: 10_000, reason: 'lapsed' }]);
    expect(a.takeSent()).toEqual(['renew', 'renew', 'renew', 'renew', 'read']); // the last as a follower
  });
});

describe('a loss', () => {
  test('to somebody else ends the term as soon as the read after a conflict shows it', () => {
    const driver = new Driver();
    const a = leader(driver);
    driver.put(B);
    driver.advance(2_000);
    expect(a.aborted).toEqual([{ atMs: 2_000, reason: 'taken' }]);
    expect(a.takeSent()).toEqual(['renew', 'read', 'read']); // the last as a follower
    expect(driver.lease).toMatchObject({ holder: 'b', revision: 2n });
    expect(a.validity).toBe('lapsed');
  });

  test('to somebody else ends it at once under watch, and what was under way is given up', () => {
    const driver = new Driver();
    const a = leader(driver).watch();
    a.fates.push({ arrivesAfterMs: 1_000 });
    driver.advance(2_500);
    driver.put(B);
    driver.advance(0);
    expect(a.aborted).toEqual([{ atMs: 2_500, reason: 'taken' }]);
    expect(a.cancelled).toEqual([2]);
    driver.advance(1_000);
    expect(driver.lease?.holder).toBe('b');
  });

  test('to somebody else is known before the work has settled', () => {
    const [polling, watching] = [new Driver(), new Driver()];
    const [a, b] = [leader(polling), leader(watching).watch()];
    for (const one of [a, b]) one.obedient = false;
    polling.put(B);
    polling.advance(2_000);
    watching.put(B);
    watching.advance(0);
    for (const one of [a, b]) {
      expect(one.takeFacts()).toEqual(['leader.changed', 'term.ending']);
      expect(one.elector.state.observation?.lease?.holder).toBe('b');
    }
  });

  test('by deletion ends it, after a conflict or under watch', () => {
    const driver = new Driver();
    const [a, watching] = [leader(driver), new Driver()];
    driver.remove();
    driver.advance(2_000);
    expect(a.aborted).toEqual([{ atMs: 2_000, reason: 'deleted' }]);
    const b = leader(watching).watch();
    watching.remove();
    watching.advance(0);
    expect(b.aborted).toEqual([{ atMs: 0, reason: 'deleted' }]);
  });

  test('is one though the lease is free again by now: the next term has its own token', () => {
    const driver = new Driver();
    const a = leader(driver);
    driver.put(B);
    driver.put(FREE);
    driver.advance(4_000);
    expect(a.aborted).toEqual([{ atMs: 2_000, reason: 'taken' }]);
    expect(a.begun).toEqual([
      { termId: 'a1.1', token: 1n },
      { termId: 'a1.2', token: 4n },
    ]);
  });

  test('to another process of the same name is one', () => {
    const driver = new Driver();
    const a = leader(driver);
    driver.put({ ...HELD, holder: 'a', termId: 'a2.1' });
    driver.advance(2_000);
    expect(a.aborted).toEqual([{ atMs: 2_000, reason: 'taken' }]);
  });
});

describe('what is old news to a leader', () => {
  test('on the watch is its own write, and what came before', () => {
    const driver = new Driver();
    const old = driver.put(FREE);
    const a = leader(driver).watch();
    a.tell({ type: 'seen', lease: old });
    a.tell({ type: 'seen', lease: driver.lease! });
    a.tell({ type: 'deleted', revision: 1n });
    expect(a.aborted).toEqual([]);
    expect(a.takeFacts()).toEqual([]);
  });

  test('on the watch is its own renewal before the answer to it has come', () => {
    const driver = new Driver();
    const a = leader(driver).watch();
    a.fates.push({ answersAfterMs: 500 });
    driver.advance(2_100);
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(7_900);
    driver.advance(400);
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(9_500);
    expect(a.takeSent()).toEqual(['renew']);
  });

  test('is a read of an earlier revision, as a stale replica gives: it is asked again', () => {
    const driver = new Driver();
    const old = driver.put(HELD);
    driver.put(FREE);
    const a = leader(driver);
    a.fates.push({ says: { type: 'conflict' } }, { says: { type: 'read', lease: old } });
    driver.advance(4_000);
    expect(a.sent).toEqual([
      { atMs: 2_000, kind: 'renew' },
      { atMs: 2_000, kind: 'read' },
      { atMs: 4_000, kind: 'read' },
      { atMs: 4_000, kind: 'renew' },
    ]);
    expect(a.aborted).toEqual([]);
  });

  test('is that the stream is alive, or that something may have changed', () => {
    const driver = new Driver();
    const a = leader(driver).watch();
    a.tell({ type: 'heard' });
    a.tell({ type: 'hinted' });
    driver.advance(1_999);
    expect(a.takeSent()).toEqual([]);
    expect(a.wakesAtMs).toBe(2_000);
  });
});

describe('clocks', () => {
  test('a wall clock set back changes nothing', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.wallAheadMs -= 3_600_000;
    driver.advance(9_000);
    expect(a.validity).toBe('held');
    expect(a.takeSent()).toEqual(['renew', 'renew', 'renew', 'renew']);
    expect(a.takeFacts()).not.toContain('clock.jumped');
  });

  test('a wall clock set forward makes the term uncertain until a renewal succeeds, which is sent at once', () => {
    const driver = new Driver();
    const a = leader(driver);
    driver.advance(500);
    a.wallAheadMs += 3_600_000;
    expect(a.validity).toBe('uncertain');
    a.tell({ type: 'wake' });
    expect(a.takeSent()).toEqual(['renew']);
    expect(a.facts).toEqual([{ type: 'clock.jumped', byMs: 3_600_000 }]);
    driver.advance(0);
    expect(a.validity).toBe('held');
    expect(a.aborted).toEqual([]);
  });

  test('a jump while a renewal is under way is settled by the next', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.fates.push({ answersAfterMs: 100 });
    driver.advance(2_050);
    a.wallAheadMs += 3_600_000;
    driver.advance(50);
    expect(a.takeSent()).toEqual(['renew', 'renew']);
    expect(a.validity).toBe('held');
    expect(a.begun).toHaveLength(1);
  });

  test('a machine that slept while nobody took the lease goes on with its term', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.suspend(60_000);
    expect(a.validity).toBe('uncertain');
    driver.advance(2_000);
    expect(a.validity).toBe('held');
    expect(driver.lease).toMatchObject({ termId: 'a1.1', renewal: 1 });
  });

  test('a machine that slept while somebody took it does not', () => {
    const driver = new Driver();
    const a = leader(driver);
    const b = driver.candidate('b').lead();
    a.suspend(60_000);
    expect(b.begun).toHaveLength(1);
    expect(a.validity).toBe('uncertain');
    a.tell({ type: 'wake' });
    driver.advance(0);
    expect(a.aborted).toEqual([{ atMs: 60_000, reason: 'taken' }]);
    expect(b.role).toBe('leading');
  });

  test('a jump past the deadline that no renewal settles ends the term', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.wallAheadMs += 10_000;
    a.fates.push({ fails: { fault: 'unreachable' } });
    a.tell({ type: 'wake' });
    driver.advance(0);
    expect(a.aborted).toEqual([{ atMs: 0, reason: 'clock_jumped' }]);
  });

  test('a jump within the deadline may be settled by a later attempt', () => {
    const driver = new Driver();
    const a = leader(driver);
    a.wallAheadMs += 1_000;
    a.fates.push({ fails: { fault: 'unreachable' } });
    a.tell({ type: 'wake' });
    driver.advance(0);
    expect(a.validity).toBe('uncertain');
    driver.advance(2_000);
    expect(a.sent.map(({ atMs }) => atMs)).toEqual([0, 2_000]);
    expect(a.validity).toBe('held');
    expect(a.takeFacts().filter((type) => type === 'clock.jumped')).toHaveLength(1);
  });

  test('clocks hours apart between machines change nothing', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    const b = driver.candidate('b');
    a.wallAheadMs = -3_600_000_000;
    b.wallAheadMs = 3_600_000_000;
    b.monoAheadMs = 77_000;
    a.lead();
    b.lead();
    driver.advance(60_000);
    a.stop();
    driver.advance(2_000);
    expect([a.begun.length, b.begun.length]).toEqual([1, 1]);
    expect(a.aborted).toEqual([{ atMs: 60_000, reason: 'stopped' }]);
  });
});

describe('a request for the lease', () => {
  test('is heeded when it is read, and the lease goes to who asked', () => {
    const driver = new Driver();
    const a = driver.candidate('a', { rank: 1 }).lead();
    driver.advance(1_500);
    expect(a.begun).toHaveLength(1);
    const b = driver.candidate('b').lead();
    driver.advance(1_499);
    expect(b.takeSent().slice(0, 2)).toEqual(['read', 'ask']);
    driver.advance(1);
    expect(a.aborted).toEqual([{ atMs: 3_000, reason: 'handed_over' }]);
    driver.advance(500); // a quarter of its retry period, in which b looks for what is meant for it
    expect(b.begun).toHaveLength(1);
    driver.advance(60_000);
    expect(a.begun).toHaveLength(1);
  });

  test('is heeded at once under watch', () => {
    const driver = new Driver();
    const a = leader(driver, { rank: 0 }).watch();
    const lease = driver.put({ ...driver.lease, handOffTo: 'b' });
    driver.advance(0);
    expect(lease.revision).toBe(2n);
    expect(a.aborted).toEqual([{ atMs: 0, reason: 'handed_over' }]);
    expect(a.takeSent()).toEqual(['release', 'read']);
    expect(driver.lease).toMatchObject({ holder: '', handOffTo: 'b', revision: 3n });
  });

  test('is left to the answer of the renewal that is under way', () => {
    const driver = new Driver();
    const a = leader(driver).watch();
    a.fates.push({ arrivesAfterMs: 100 });
    driver.advance(2_000);
    driver.put({ ...driver.lease, handOffTo: 'b' });
    driver.advance(99);
    expect(a.aborted).toEqual([]);
    driver.advance(1);
    expect(a.aborted).toEqual([{ atMs: 2_100, reason: 'handed_over' }]);
  });

  test('that is declined is cleared by the next renewal', () => {
    const driver = new Driver();
    const a = leader(driver, { yields: () => false }).watch();
    driver.put({ ...driver.lease, handOffTo: 'b' });
    driver.advance(1_000);
    expect(a.elector.state.observation?.lease?.handOffTo).toBe('b');
    expect(a.takeSent()).toEqual([]);
    driver.advance(1_000);
    expect(a.takeSent()).toEqual(['renew']);
    expect(a.aborted).toEqual([]);
    expect(driver.lease).toMatchObject({ holder: 'a', handOffTo: '', renewal: 1 });
  });

  test('from itself is none', () => {
    const driver = new Driver();
    const a = leader(driver).watch();
    driver.put({ ...driver.lease, handOffTo: 'a' });
    driver.advance(2_000);
    expect(a.aborted).toEqual([]);
  });

  test('is heeded also from who assigns leases, and nobody takes it then', () => {
    const driver = new Driver();
    const a = leader(driver).watch();
    driver.put({ ...driver.lease, reservedBecause: 'assigned' });
    driver.advance(0);
    expect(a.aborted).toEqual([{ atMs: 0, reason: 'handed_over' }]);
    expect(a.takeSent().slice(0, 1)).toEqual(['release']);
  });

  test('that it does not come too late to heed is seen to while the work drains: it is not heeded twice', () => {
    const driver = new Driver();
    const a = leader(driver).watch();
    a.obedient = false;
    a.resign('c');
    driver.put({ ...driver.lease, handOffTo: 'b' });
    driver.advance(3_000);
    expect(a.aborted).toEqual([{ atMs: 0, reason: 'resigned' }]);
    a.settle();
    driver.advance(0);
    expect(driver.lease).toMatchObject({ holder: '', handOffTo: 'c' });
  });
});
