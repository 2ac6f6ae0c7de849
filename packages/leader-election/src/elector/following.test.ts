import { describe, expect, test } from 'vitest';
import { Driver, FREE, HELD, LOST_ANSWER, LOST_REQUEST } from '../../test/driver.ts';
import type { StoreFault } from '../store.ts';

/** A candidate that has seen a lease which somebody else holds. */
function behind(driver: Driver, settings = {}) {
  driver.put(HELD);
  return driver.candidate('a', settings).lead();
}

describe('without a watch', () => {
  test('a follower looks every retry period, and later by chance', () => {
    const driver = new Driver();
    driver.put(HELD);
    const a = driver.candidate('a', { random: () => 0.5 }).lead();
    driver.advance(9_600);
    expect(a.sent.map(({ atMs }) => atMs)).toEqual([0, 3_200, 6_400, 9_600]);
  });
});

describe('under watch', () => {
  test('a follower reads once when the watch begins, and then once in a lease', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    for (let renewal = 1; renewal <= 8; renewal++) {
      driver.advance(2_000);
      driver.put({ ...HELD, renewal });
    }
    expect(a.sent.map(({ atMs }) => atMs)).toEqual([0, 0, 15_000]);
  });

  test('a release is followed by a read and a write at once', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(5_000);
    a.takeSent();
    driver.put(FREE);
    driver.advance(0);
    expect(a.takeSent()).toEqual(['read', 'acquire']);
    expect(a.begun).toEqual([{ termId: 'a1.1', token: 3n }]);
  });

  test('so is a deletion', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(5_000);
    a.takeSent();
    driver.remove();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['read', 'acquire']);
    expect(a.begun).toEqual([{ termId: 'a1.1', token: 3n }]);
  });

  test('nothing is taken on the word of the watch: the read decides', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(1);
    a.takeSent();
    a.watches = false; // it lags behind
    const free = driver.put(FREE);
    driver.put({ ...HELD, holder: 'b', termId: 'b1.1' });
    a.tell({ type: 'seen', lease: free });
    driver.advance(0);
    expect(a.takeSent()).toEqual(['read']);
    expect(driver.lease?.holder).toBe('b');
  });

  test('what is older than what was read says nothing', () => {
    const driver = new Driver();
    const old = driver.put(FREE);
    driver.put({ ...HELD, renewal: 1 });
    const a = driver.candidate('a').lead().watch();
    driver.advance(1);
    a.takeSent();
    const before = a.elector.state.observation;
    a.tell({ type: 'seen', lease: old });
    a.tell({ type: 'deleted', revision: 1n });
    driver.advance(1);
    expect(a.elector.state.observation).toEqual(before);
    expect(a.takeSent()).toEqual([]);
  });

  test('neither does what comes before the first read', () => {
    const driver = new Driver();
    const lease = driver.put(HELD);
    const a = driver.candidate('a');
    a.fates.push({ answersAfterMs: 100 });
    a.start();
    a.tell({ type: 'seen', lease });
    expect(a.elector.state.observation).toBeUndefined();
  });

  test('a renewal that the watch shows puts the expiry off', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(10_000);
    driver.put({ ...HELD, renewal: 1 });
    driver.advance(14_999);
    expect(a.begun).toEqual([]);
    driver.advance(1);
    expect(a.begun).toHaveLength(1);
  });

  test('a stream that is only alive does not', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    for (let second = 1; second < 15; second++) {
      driver.advance(1_000);
      a.tell({ type: 'heard' });
    }
    expect(a.takeSent()).toEqual(['read', 'read']);
    driver.advance(1_000);
    expect(a.takeSent()).toEqual(['read', 'acquire']);
  });

  test('a change that the watch does not know is read', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(1_000);
    a.takeSent();
    a.tell({ type: 'hinted' });
    expect(a.takeSent()).toEqual(['read']);
    driver.advance(0);
    expect(a.elector.state.heardAtMs).toBe(1_000);
  });

  test('a stream that is silent for five retry periods is doubted, and given up if it has missed something', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(1);
    a.watches = false; // half open: nothing comes any more
    driver.put({ ...HELD, renewal: 1 });
    a.takeSent();
    driver.advance(9_998);
    expect(a.takeSent()).toEqual([]);
    driver.advance(1);
    expect(a.takeSent()).toEqual(['read']);
    expect(a.rewatched).toBe(1);
  });

  test('and not before, if it only says that something may have changed', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(9_000);
    a.fates.push(LOST_REQUEST);
    a.tell({ type: 'hinted' });
    a.watches = false;
    driver.put({ ...HELD, renewal: 1 });
    driver.advance(3_000);
    expect(a.elector.state.observation?.lease?.renewal).toBe(1);
    expect(a.rewatched).toBe(0);
  });

  test('and kept if there was nothing to tell', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(10_000);
    expect(a.takeSent()).toEqual(['read', 'read', 'read']);
    expect(a.rewatched).toBe(0);
  });

  test('when it ends the follower polls', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(1_000);
    a.takeSent();
    a.unwatch();
    driver.advance(4_000);
    expect(a.sent.map(({ atMs }) => atMs)).toEqual([3_000, 5_000]);
  });

  test('when it begins again what was missed is read', () => {
    const driver = new Driver();
    const a = behind(driver).watch();
    driver.advance(1_000);
    a.unwatch();
    driver.advance(500);
    driver.put(FREE);
    a.watch();
    expect(a.takeSent()).toEqual(['read', 'read', 'read']);
    driver.advance(0);
    expect(a.role).toBe('leading');
  });
});

describe('a candidate that loses the race', () => {
  test('reads at once, and observes the winner', () => {
    const driver = new Driver();
    const a = driver.candidate('a').start();
    const b = driver.candidate('b').start();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['read', 'acquire']);
    expect(b.takeSent()).toEqual(['read', 'acquire', 'read']);
    expect([a.role, b.role]).toEqual(['leading', 'following']);
    driver.advance(60_000);
    expect(a.begun).toHaveLength(1);
    expect(b.begun).toEqual([]);
  });

  test('does not try again over the very lease that it was refused: the store shows an old one, and is asked again later', () => {
    const driver = new Driver();
    const old = driver.put(FREE);
    const a = driver.candidate('a');
    a.fates.push({}, { arrivesAfterMs: 10 }, { says: { type: 'read', lease: old } });
    a.start();
    driver.advance(5);
    driver.put(HELD);
    driver.advance(5);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read']);
    driver.advance(1_999);
    expect(a.takeSent()).toEqual([]);
    driver.advance(1);
    expect(a.takeSent()).toEqual(['read']);
    expect(a.elector.state.observation?.lease?.holder).toBe('x');
  });

  test('goes by what it reads, if it was told of a conflict with itself', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, { says: { type: 'conflict' } }); // the network carried the write twice: the copy conflicts
    a.lead();
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read']);
    expect(a.begun).toEqual([{ termId: 'a1.1', token: 1n }]);
  });
});

describe('a write whose answer is lost', () => {
  test('is found by the next read, and the term counts from when it was sent', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, LOST_ANSWER);
    a.lead();
    a.fate = LOST_REQUEST;
    a.fates.push({});
    driver.advance(3_000);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read', 'renew']);
    expect(a.begun).toEqual([{ termId: 'a1.1', token: 1n }]);
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(7_000);
    driver.advance(7_000);
    expect(a.aborted).toEqual([{ atMs: 10_000, reason: 'lapsed' }]);
  });

  test('counts once: the lease of a term that is over begins no term again', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    a.fate = { fails: { fault: 'unreachable' } };
    a.settle();
    driver.advance(6_000);
    expect(a.role).toBe('following');
    a.fate = {};
    driver.advance(2_000);
    expect(a.begun.map(({ termId }) => termId)).toEqual(['a1.1', 'a1.2']);
  });

  test('is no term any more once its time is up: the lease is taken anew', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, LOST_ANSWER, LOST_REQUEST, LOST_REQUEST, LOST_REQUEST, LOST_REQUEST);
    a.lead();
    driver.advance(12_000);
    expect(a.begun).toEqual([]);
    driver.advance(3_000);
    expect(a.begun).toEqual([{ termId: 'a1.2', token: 2n }]);
  });

  test('is no term if somebody has asked for the lease meanwhile', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, LOST_ANSWER);
    a.lead();
    driver.put({ ...driver.lease, handOffTo: 'b' });
    driver.advance(3_000);
    expect(a.begun).toEqual([{ termId: 'a1.2', token: 3n }]);
  });

  test('has not won if another write came after it', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, LOST_ANSWER);
    a.lead();
    driver.put({ ...HELD, holder: 'b', termId: 'b1.1' });
    driver.advance(3_000);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read']);
    expect(a.begun).toEqual([]);
  });

  test('does not begin a term when it arrives after the time-out, and its lease is found', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, { arrivesAfterMs: 3_500 }, { answersAfterMs: 1_000 });
    a.lead();
    driver.advance(3_999);
    expect(a.begun).toEqual([]);
    driver.advance(4_001);
    expect(a.begun).toHaveLength(1);
    expect(driver.lease?.termId).toBe(a.begun[0]?.termId);
  });
});

describe('an answer that comes too late to begin a term on', () => {
  test('is followed by a new term', () => {
    const driver = new Driver();
    const a = driver.candidate('a', { requestTimeoutMs: 20_000 });
    a.fates.push({}, { answersAfterMs: 10_000 });
    a.lead();
    driver.advance(10_000);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read', 'acquire']);
    expect(a.begun).toEqual([{ termId: 'a1.2', token: 2n }]);
  });
});

describe('what the store refuses', () => {
  const attemptsIn = (ms: number, fault: StoreFault, retryAfterMs?: number): number[] => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fate = { fails: { fault, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } };
    a.start();
    driver.advance(ms);
    expect(a.facts.every(({ type }) => type === 'lease.request_failed')).toBe(true);
    return a.sent.map(({ atMs }) => atMs);
  };

  test.each([
    ['unreachable', undefined, [0, 2_000, 4_000, 6_000]],
    ['unauthorized', undefined, [0, 2_000, 4_000, 6_000]],
    ['throttled', undefined, [0, 2_000, 4_000, 6_000]],
    ['throttled', 5_000, [0, 5_000]],
    ['throttled', 100, [0, 2_000, 4_000, 6_000]],
    ['forbidden', undefined, [0]],
    ['invalid', undefined, [0]],
  ] as const)('%s (wait %s ms) is tried again at %j', (fault, retryAfterMs, times) => {
    expect(attemptsIn(7_000, fault, retryAfterMs)).toEqual(times);
  });

  test('candidates that were asked to wait for the same time spread', () => {
    const attempts = [0, 0.5].map((chance) => {
      const driver = new Driver();
      const a = driver.candidate('a', { random: () => chance });
      a.fates.push({ fails: { fault: 'throttled', retryAfterMs: 30_000 } });
      a.start();
      driver.advance(40_000);
      return a.sent[1]?.atMs;
    });
    expect(attempts[1]).toBeGreaterThan(attempts[0]!);
  });

  test('a matter of configuration is tried again after a lease duration', () => {
    expect(attemptsIn(30_000, 'forbidden')).toEqual([0, 15_000, 30_000]);
  });

  test('a request that is not answered is given up and tried again at once, for a retry period has passed', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fate = LOST_REQUEST;
    a.start();
    driver.advance(9_000);
    expect(a.sent.map(({ atMs }) => atMs)).toEqual([0, 3_000, 6_000, 9_000]);
    expect(a.facts[0]).toMatchObject({ kind: 'read', fault: 'unreachable', mayBeWritten: true });
  });

  test('a write that is known not to have been written leaves no claim', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, { fails: { fault: 'unreachable' } });
    a.lead();
    expect(a.elector.state.claim).toBeUndefined();
    a.stop();
    expect(a.finished).toEqual([{ atMs: 0, drained: true }]);
    expect(a.takeSent()).toEqual(['read', 'acquire']);
  });

  test('the lease that a follower knows is looked at no sooner because of that', () => {
    const driver = new Driver();
    const a = behind(driver);
    a.fates.push({ fails: { fault: 'throttled', retryAfterMs: 14_000 } });
    driver.advance(15_999);
    expect(a.takeSent()).toEqual(['read', 'read']);
    driver.advance(1);
    expect(a.takeSent()).toEqual(['read', 'acquire']);
  });

  test('for an hour is tried again after a lease: the store may be back long before', () => {
    const driver = new Driver();
    const a = behind(driver);
    a.fates.push({ fails: { fault: 'throttled', retryAfterMs: 3_600_000 } });
    driver.advance(16_999);
    expect(a.takeSent()).toEqual(['read', 'read']);
    driver.advance(1);
    expect(a.takeSent()).toEqual(['read', 'acquire']);
  });
});

describe('a better rank', () => {
  test('goes first when a lease has expired', () => {
    const driver = new Driver();
    driver.put(HELD);
    const third = driver.candidate('c', { rank: 2 }).lead();
    const second = driver.candidate('b', { rank: 1 }).lead();
    driver.advance(20_000);
    expect(second.begun).toHaveLength(1);
    expect(third.begun).toEqual([]);
    expect(driver.lease?.rank).toBe(1);
  });

  test('is not waited for longer than its share', () => {
    const driver = new Driver();
    driver.put(HELD);
    const third = driver.candidate('c', { rank: 2 }).lead();
    driver.advance(16_999);
    expect(third.begun).toEqual([]);
    driver.advance(1);
    expect(third.begun).toHaveLength(1);
  });

  test('asks the holder of a lower one for the lease, once in its term', () => {
    const driver = new Driver();
    driver.put({ ...HELD, rank: 1 });
    const a = driver.candidate('a').lead();
    expect(a.takeSent()).toEqual(['read', 'ask']);
    expect(driver.lease).toMatchObject({ holder: 'x', termId: 'x1.1', renewal: 0, rank: 1, handOffTo: 'a' });
    driver.put({ ...HELD, rank: 1, renewal: 1 }); // the holder did not heed it
    driver.advance(2_000);
    expect(a.takeSent()).toEqual(['read']);
    driver.put({ ...HELD, termId: 'x1.2', rank: 1 });
    driver.advance(500);
    expect(a.takeSent()).toEqual(['read', 'ask']);
    driver.advance(1_000); // without a watch it looks often for what it has asked for
    expect(a.takeSent()).toEqual(['read', 'read']);
  });

  test('does not make the wait for the lease any shorter by asking', () => {
    const driver = new Driver();
    driver.put({ ...HELD, rank: 1 });
    const a = driver.candidate('a').lead();
    driver.advance(14_999);
    expect(a.begun).toEqual([]);
  });

  test.each([
    ['nobody holds it', { ...FREE, rank: 1, handOffTo: 'b' }],
    ['somebody else has asked', { ...HELD, rank: 1, handOffTo: 'b' }],
    ['the holder is as good', { ...HELD, rank: 0 }],
  ])('does not ask where %s', (_, record) => {
    const driver = new Driver();
    driver.put(record);
    const a = driver.candidate('a').lead();
    expect(a.takeSent()).toEqual(['read']);
  });

  test('does not ask for a lease that somebody else assigns', () => {
    const driver = new Driver();
    driver.put({ ...HELD, rank: 1, reservedBecause: 'assigned' });
    const a = driver.candidate('a').lead();
    driver.advance(60_000);
    expect(new Set(a.takeSent())).toEqual(new Set(['read']));
  });

  test('is not asked for by an observer', () => {
    const driver = new Driver();
    driver.put({ ...HELD, rank: 1 });
    const a = driver.candidate('a');
    a.tell({ type: 'start', candidate: false });
    driver.advance(60_000);
    expect(new Set(a.takeSent())).toEqual(new Set(['read']));
  });

  test('does not ask while it rests after work that failed', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    for (let failures = 0; failures < 3; failures++) {
      while (a.role !== 'leading') driver.advance(100);
      a.settle(true);
    }
    a.takeSent();
    driver.put({ ...HELD, rank: 1 });
    driver.advance(7_900); // of the 8 s that the third failure costs
    expect(a.takeSent()).not.toContain('ask');
    driver.advance(3_000);
    expect(a.takeSent()).toContain('ask');
  });

  test('asks as its settings say, if they do', () => {
    const driver = new Driver();
    driver.put(HELD);
    const a = driver.candidate('a', { asks: (lease) => lease.holder === 'x' }).lead();
    expect(a.takeSent()).toEqual(['read', 'ask']);
  });
});

describe('a reservation', () => {
  test('is respected by the others for a retry period', () => {
    const driver = new Driver();
    driver.put({ ...FREE, handOffTo: 'b' });
    const a = driver.candidate('a').lead();
    driver.advance(1_999);
    expect(a.begun).toEqual([]);
    driver.advance(1);
    expect(a.begun).toHaveLength(1);
  });

  test('lets the one it is for in at once, whatever its rank', () => {
    const driver = new Driver();
    driver.put({ ...FREE, handOffTo: 'a' });
    const a = driver.candidate('a', { rank: 3 }).lead();
    expect(a.begun).toHaveLength(1);
  });
});

describe('a candidate that stops and leads nothing', () => {
  test('is done at once, and gives up what it has under way', () => {
    const driver = new Driver();
    driver.put(HELD);
    const a = driver.candidate('a');
    a.fates.push(LOST_ANSWER);
    a.start();
    a.stop();
    expect(a.finished).toEqual([{ atMs: 0, drained: true }]);
    expect(a.cancelled).toEqual([0]);
    driver.advance(60_000);
    expect(a.takeSent()).toEqual(['read']);
  });

  test('waits for its attempt to take the lease, and gives it back without having led', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, { answersAfterMs: 100 });
    a.lead();
    a.stop();
    expect(a.finished).toEqual([]);
    driver.advance(100);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'release']);
    expect(a.begun).toEqual([]);
    expect(driver.lease?.holder).toBe('');
    expect(a.finished).toEqual([{ atMs: 100, drained: true }]);
  });

  test('tells of no end of a term whose beginning it has not told of', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, { answersAfterMs: 100 });
    a.lead();
    a.stop();
    driver.advance(100);
    const facts = a.takeFacts();
    expect(facts.filter((type) => type === 'term.ended')).toHaveLength(facts.filter((type) => type === 'term.started').length);
  });

  test('looks once more after an attempt whose outcome it does not know, and gives back what it finds', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, { fails: { fault: 'unreachable', mayBeWritten: true } });
    a.lead();
    expect(driver.lease?.holder).toBe('a');
    a.stop();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read', 'release']);
    expect(driver.lease?.holder).toBe('');
    expect(a.finished).toEqual([{ atMs: 0, drained: true }]);
  });

  test('reads for that only what is not being read already', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, LOST_ANSWER, { answersAfterMs: 100 });
    a.lead();
    driver.advance(3_000);
    a.stop();
    driver.advance(100);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read', 'release']);
    expect(a.finished).toEqual([{ atMs: 3_100, drained: true }]);
  });

  test('waits for the release of a lease that it won long ago', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, LOST_ANSWER, LOST_REQUEST, LOST_REQUEST, { answersAfterMs: 2_000 }, { answersAfterMs: 50 });
    a.lead();
    driver.advance(10_500);
    a.stop();
    driver.advance(1_000);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read', 'read', 'read', 'release']);
    expect(a.takeFacts().slice(-2)).toEqual(['lease.released', 'leader.changed']);
    expect(a.finished).toEqual([{ atMs: 11_050, drained: true }]);
  });

  test('gives up if that read fails', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.fates.push({}, { fails: { fault: 'unreachable', mayBeWritten: true } }, { fails: { fault: 'unreachable' } });
    a.lead();
    a.stop();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'read']);
    expect(a.finished).toEqual([{ atMs: 0, drained: true }]);
  });

  test('is done if its attempt has failed', () => {
    const driver = new Driver();
    driver.put(FREE);
    const a = driver.candidate('a');
    a.fates.push({}, { answersAfterMs: 100, says: { type: 'conflict' } });
    a.lead();
    driver.put(HELD);
    a.stop();
    driver.advance(100);
    expect(a.finished).toEqual([{ atMs: 100, drained: true }]);
  });
});
