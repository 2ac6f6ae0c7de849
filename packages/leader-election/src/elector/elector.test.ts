import { describe, expect, test } from 'vitest';
import { Driver, FREE, HELD, LOST_ANSWER } from '../../test/driver.ts';

// The scenarios of client-go's leaderelection_test.go, by the numbers of the list in the notes on it, with what is asked for here
// instead where its behaviour is one that is not wanted.

describe('taking the lease', () => {
  test('makes the lease where there is none (1)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    expect(a.takeSent()).toEqual(['read', 'acquire']);
    expect(a.begun).toEqual([{ termId: 'a1.1', token: 1n }]);
    expect(driver.lease).toEqual({
      ...FREE,
      holder: 'a',
      termId: 'a1.1',
      acquiredAtMs: 1_000_000,
      renewedAtMs: 1_000_000,
      revision: 1n,
    });
    expect(a.takeFacts()).toEqual(['leader.changed', 'leader.changed', 'term.started']);
  });

  test('takes a lease that nobody has ever held (2)', () => {
    const driver = new Driver();
    driver.put({});
    const a = driver.candidate('a').lead();
    expect(a.takeSent()).toEqual(['read', 'acquire']);
    expect(driver.lease).toMatchObject({ holder: 'a', transitions: 1, revision: 2n });
  });

  test('waits for the duration that the holder wrote, not for its own (3)', () => {
    const driver = new Driver();
    driver.put({ ...HELD, durationMs: 3_000 });
    const a = driver.candidate('a', { leaseDurationMs: 10_000 }).lead();
    driver.advance(2_999);
    expect(a.takeSent()).toEqual(['read', 'read']);
    driver.advance(1);
    expect(a.sent).toEqual([
      { atMs: 3_000, kind: 'read' },
      { atMs: 3_000, kind: 'acquire' },
    ]);
    expect(driver.lease).toMatchObject({ holder: 'a', durationMs: 10_000, transitions: 1 });
  });

  test('takes a lease that was released, and counts the transition (4)', () => {
    const driver = new Driver();
    driver.put({ transitions: 5 });
    const a = driver.candidate('a').lead();
    expect(a.takeSent()).toEqual(['read', 'acquire']);
    expect(driver.lease?.transitions).toBe(6);
  });

  test('takes a lease that has not been renewed since it was first seen (5)', () => {
    const driver = new Driver();
    driver.put(HELD);
    const a = driver.candidate('a').lead();
    driver.advance(15_000);
    expect(a.sent.filter(({ kind }) => kind === 'acquire')).toEqual([{ atMs: 15_000, kind: 'acquire' }]);
    expect(driver.lease).toMatchObject({ holder: 'a', transitions: 1 });
  });

  test('takes a released lease at once, however long its last holder had it for (6)', () => {
    const driver = new Driver();
    driver.put(HELD);
    const a = driver.candidate('a').lead();
    driver.advance(5_000);
    driver.put(FREE);
    driver.advance(1_000);
    expect(a.takeSent()).toEqual(['read', 'read', 'read', 'read', 'acquire']);
    expect(a.begun).toEqual([{ termId: 'a1.1', token: 3n }]);
  });

  test('leaves a lease alone that another renews (7)', () => {
    const driver = new Driver();
    driver.put(HELD);
    const a = driver.candidate('a').lead();
    for (let renewal = 1; renewal <= 20; renewal++) {
      driver.advance(2_000);
      driver.put({ ...HELD, renewal });
    }
    expect(new Set(a.takeSent())).toEqual(new Set(['read']));
    expect(driver.lease).toMatchObject({ holder: 'x', transitions: 0 });
    expect(a.takeFacts()).toEqual(['leader.changed']);
  });

  test('renews what it holds without counting a transition (8)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    driver.advance(2_000);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'renew']);
    expect(driver.lease).toMatchObject({
      holder: 'a',
      termId: 'a1.1',
      renewal: 1,
      transitions: 0,
      renewedAtMs: 1_002_000,
      acquiredAtMs: 1_000_000,
    });
  });
});

describe('a release', () => {
  test('frees the lease and tells of it (12)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    a.takeFacts();
    a.stop();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'release']);
    expect(driver.lease).toMatchObject({ holder: '', termId: '', durationMs: 15_000, transitions: 0 });
    expect(a.takeFacts()).toEqual(['term.ending', 'lease.released', 'leader.changed', 'term.ended']);
    expect(a.finished).toEqual([{ atMs: 0, drained: true }]);
  });

  test('goes over its own last write without reading, and so over nobody else (13)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    driver.put({ ...HELD, holder: 'b', termId: 'b1.1' });
    a.takeSent();
    a.stop();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['release', 'read']);
    expect(driver.lease).toMatchObject({ holder: 'b', revision: 2n });
    expect(a.takeFacts()).not.toContain('lease.released');
    expect(a.finished).toEqual([{ atMs: 0, drained: true }]);
  });

  test('reads and tries again if it conflicts with what only asks for the lease (14)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    driver.put({ ...driver.lease, handOffTo: 'b' });
    a.takeSent();
    a.stop();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['release', 'read', 'release']);
    expect(driver.lease?.holder).toBe('');
  });

  test('waits for the renewal that is under way, and goes over that (15)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    a.fates.push({ arrivesAfterMs: 100, answersAfterMs: 100 });
    driver.advance(2_050);
    a.stop();
    driver.advance(150);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'renew', 'release']);
    expect(driver.lease).toMatchObject({ holder: '', revision: 3n });
    expect(a.finished).toEqual([{ atMs: 2_200, drained: true }]);
    expect(a.takeFacts()).toEqual([
      'leader.changed',
      'leader.changed',
      'term.started',
      'term.ending',
      'lease.released',
      'leader.changed',
      'term.ended',
    ]);
  });

  test('waits for the read that is under way (16)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    a.fates.push({ says: { type: 'conflict' } }, { answersAfterMs: 100 });
    driver.advance(2_050);
    expect(a.takeSent()).toEqual(['read', 'acquire', 'renew', 'read']);
    a.stop();
    driver.advance(50);
    expect(a.takeSent()).toEqual(['release']);
    expect(driver.lease?.holder).toBe('');
    expect(a.finished).toEqual([{ atMs: 2_100, drained: true }]);
  });
});

describe('a steady leader', () => {
  test('only writes (18)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    driver.advance(6_000);
    expect(a.sent).toEqual([
      { atMs: 0, kind: 'read' },
      { atMs: 0, kind: 'acquire' },
      { atMs: 2_000, kind: 'renew' },
      { atMs: 4_000, kind: 'renew' },
      { atMs: 6_000, kind: 'renew' },
    ]);
  });

  test('reads once after a conflict, and writes again (19)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    a.fates.push({ says: { type: 'conflict' }, arrivesAfterMs: 0 });
    driver.advance(4_000);
    expect(a.sent).toEqual([
      { atMs: 0, kind: 'read' },
      { atMs: 0, kind: 'acquire' },
      { atMs: 2_000, kind: 'renew' },
      { atMs: 2_000, kind: 'read' },
      { atMs: 4_000, kind: 'renew' },
    ]);
    expect(a.begun).toHaveLength(1);
    expect(driver.lease).toMatchObject({ termId: 'a1.1', renewal: 2 });
  });

  test('may be asked at any moment how it stands, and is not changed by that (20)', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    const before = { ...a.elector.state };
    const at = { monoMs: 50_000, wallMs: 1_050_000 };
    expect(a.elector.validityOf('a1.1', at)).toBe('lapsed');
    expect(a.elector.remainingMsOf('a1.1', at)).toBe(0);
    expect(a.elector.lapsedByMsOf('a1.1', at)).toBe(40_000);
    expect(a.elector.wakeAtMs(at)).toBe(2_000);
    expect(a.elector.state).toEqual(before);
    expect(a.validity).toBe('held');
    expect(a.elector.remainingMsOf('a1.1', a.now)).toBe(10_000);
    expect(a.elector.lapsedByMsOf('a1.1', a.now)).toBe(0);
  });
});

test('a copy goes its own way', () => {
  const driver = new Driver();
  const a = driver.candidate('a').lead();
  const copy = a.elector.copy();
  copy.step({ type: 'resign', to: '' }, a.now);
  expect(copy.state.role.kind).toBe('draining');
  expect(a.role).toBe('leading');
});

test('nothing is known of a term that is not there, or is over', () => {
  const driver = new Driver();
  const a = driver.candidate('a').lead();
  expect(a.elector.validityOf('a1.2', a.now)).toBe('lapsed');
  expect(a.elector.remainingMsOf('b1.1', a.now)).toBe(0);
  a.stop();
  driver.advance(0);
  expect(a.elector.validityOf('a1.1', a.now)).toBe('lapsed');
  expect(a.elector.lapsedByMsOf('a1.1', { monoMs: 99_000, wallMs: 99_000 })).toBe(0);
});

describe('before it starts and after it has finished', () => {
  test('an elector does nothing, whatever happens', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    const lease = driver.put(HELD);
    a.tell({ type: 'wake' });
    a.tell({ type: 'seen', lease });
    a.tell({ type: 'answered', request: 0, answer: { type: 'read', lease } });
    a.settle();
    a.stop();
    expect(a.sent).toEqual([]);
    expect(a.finished).toEqual([]);
    expect(a.elector.wakeAtMs(a.now)).toBe(Number.POSITIVE_INFINITY);
  });

  test('an observer looks and takes nothing, until it becomes a candidate', () => {
    const driver = new Driver();
    const a = driver.candidate('a');
    a.tell({ type: 'start', candidate: false });
    driver.advance(4_000);
    expect(a.takeSent()).toEqual(['read', 'read', 'read']);
    a.start();
    driver.advance(0);
    expect(a.takeSent()).toEqual(['read', 'acquire']);
    a.tell({ type: 'start', candidate: false });
    expect(a.role).toBe('leading');
  });

  test('an elector can start again, and its next term has a greater token', () => {
    const driver = new Driver();
    const a = driver.candidate('a').lead();
    a.stop();
    driver.advance(0);
    a.lead();
    expect(a.takeSent()).toEqual(['read', 'acquire', 'release', 'read', 'acquire']);
    expect(a.begun).toEqual([
      { termId: 'a1.1', token: 1n },
      { termId: 'a1.2', token: 3n },
    ]);
  });
});

describe('the same identity in another process', () => {
  test('waits for the lease to expire, and leads under another term', () => {
    const driver = new Driver();
    const first = driver.candidate('a').lead();
    first.freeze();
    const second = driver.candidate('a').lead();
    driver.advance(14_999);
    expect(second.begun).toEqual([]);
    driver.advance(1);
    expect(second.begun).toEqual([{ termId: 'a2.1', token: 2n }]);
    expect(driver.lease?.transitions).toBe(0);
    first.thaw();
    driver.advance(0);
    expect(first.aborted).toEqual([{ atMs: 15_000, reason: 'lapsed' }]);
    expect(second.role).toBe('leading');
  });
});

test('a lost answer to the write that made the lease is made good by a read', () => {
  const driver = new Driver();
  const a = driver.candidate('a');
  a.fates.push({}, LOST_ANSWER);
  a.lead();
  driver.advance(3_000);
  expect(a.begun).toEqual([{ termId: 'a1.1', token: 1n }]);
  expect(a.takeSent()).toEqual(['read', 'acquire', 'read', 'renew']);
});
