import { describe, expect, test } from 'vitest';
import { electionSettings } from '../election-options.ts';
import { newState } from '../elector/state.ts';
import type { Lease } from '../lease.ts';
import { memoryLease } from '../memory/memory-lease.ts';
import { standingOf } from './standing.ts';
import type { Sight, Standing } from './standing.ts';

const settings = electionSettings({ name: 'jobs.0', store: memoryLease(), identity: 'me' });

const held: Lease = {
  holder: 'other',
  termId: 'other-elector.1',
  renewal: 3,
  durationMs: 15_000,
  transitions: 0,
  acquiredAtMs: 0,
  renewedAtMs: 0,
  rank: 0,
  handOffTo: '',
  revision: 7n,
};

/** The lease as it is, seen at 0, at some time. */
function seen(lease: Partial<Lease> | undefined, nowMs: number, freeAtMs = 15_000): Partial<Standing> {
  const found = lease === undefined ? undefined : { ...held, ...lease };
  const observation = { lease: found, revision: 7n, freeAtMs, ranked: true };
  return standingOf('0', { ...newState(), observation }, 'before', nowMs, settings);
}

test('a shard that was never read is nobody’s and cannot be taken', () => {
  expect(standingOf('0', newState(), '', 0, settings)).toMatchObject({ owner: '', vacant: false, askable: false, known: false });
});

test('a held shard is its holder’s, who may be asked while it is heard of, and is gone when its term must be over', () => {
  expect(seen({}, 2_900)).toMatchObject({ owner: 'other', askable: true, vacant: false, known: true });
  expect(seen({}, 3_100)).toMatchObject({ owner: 'other', askable: false, vacant: false });
  expect(seen({}, 9_999)).toMatchObject({ owner: 'other', vacant: false });
  expect(seen({}, 10_000)).toMatchObject({ owner: '', vacant: true, left: 'other' });
});

test('a shard that was asked for counts for who asked, and is not asked for again', () => {
  expect(seen({ handOffTo: 'third' }, 100)).toMatchObject({ owner: 'third', askable: false, asked: false });
  expect(seen({ handOffTo: 'me' }, 100)).toMatchObject({ owner: 'me', askable: false, asked: true });
});

test('a lease of a member’s own name is its own and is not asked for, whoever wrote it', () => {
  expect(seen({ holder: 'me' }, 100)).toMatchObject({ owner: 'me', askable: false });
  expect(seen({ holder: 'me', termId: `${settings.electorId}.4` }, 14_000)).toMatchObject({ owner: 'me', vacant: false });
});

test('a free shard is vacant, except while it is left to its heir', () => {
  expect(seen(undefined, 0, 0)).toMatchObject({ vacant: true, left: 'before' });
  expect(seen({ holder: '', termId: '' }, 0, 0)).toMatchObject({ vacant: true, left: 'before' });
  const handedOver = { holder: '', termId: '', handOffTo: 'third' };
  expect(seen(handedOver, 1_999, 2_000)).toMatchObject({ owner: 'third', vacant: false });
  expect(seen(handedOver, 2_000, 2_000)).toMatchObject({ owner: '', vacant: true });
  expect(seen({ ...handedOver, handOffTo: 'me' }, 9_000, 0)).toMatchObject({ owner: 'me', vacant: false });
});

test('a shard that others assign is its holder’s and nothing is done about it', () => {
  expect(seen({ reservedBecause: 'assigned' }, 60_000)).toMatchObject({ owner: 'other', vacant: false, askable: false });
});

describe('what this member does counts before any lease shows it:', () => {
  const tenure = {} as Extract<Sight['role'], { kind: 'leading' }>['tenure'];
  const of = (sight: Partial<Sight>): Partial<Standing> => standingOf('0', { ...newState(), ...sight }, '', 0, settings);
  const ending = { tenure, reason: 'handed_over', untilMs: 0 } as const;

  test('what it leads, and what it is taking, is its own', () => {
    expect(of({ role: { kind: 'leading', tenure } })).toMatchObject({ owner: 'me' });
    expect(of({ role: { kind: 'following' }, claim: { termId: 't', sentAt: { monoMs: 0, wallMs: 0 } } })).toMatchObject({
      owner: 'me',
    });
  });

  test('what it gives up is its heir’s', () => {
    expect(of({ role: { kind: 'draining', held: true, ...ending }, successor: 'heir' })).toMatchObject({
      owner: 'heir',
      vacant: false,
    });
    expect(of({ role: { kind: 'releasing', ...ending }, successor: '' })).toMatchObject({ owner: '', vacant: false });
  });

  test('of what it has lost, the lease tells', () => {
    const observation = { lease: held, revision: 7n, freeAtMs: 15_000, ranked: true };
    expect(of({ role: { kind: 'draining', held: false, ...ending }, observation })).toMatchObject({ owner: 'other' });
  });
});
