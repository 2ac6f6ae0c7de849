import { expect, test } from 'vitest';
import type { Lease } from '../lease.ts';
import { Elector } from './elector.ts';
import type { ElectorSettings } from './settings.ts';

const settings: ElectorSettings = {
  identity: 'b',
  electorId: 'elector-b',
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
  requestTimeoutMs: 3_000,
  drainTimeoutMs: 10_000,
  clockJumpMs: 250,
  rank: 0,
  rankDelayMs: 1_000,
  random: () => 0,
};
const at = (ms: number): { monoMs: number; wallMs: number } => ({ monoMs: ms, wallMs: ms });
const held: Lease = {
  holder: 'a',
  termId: 'elector-a.1',
  renewal: 1,
  durationMs: 15_000,
  transitions: 0,
  acquiredAtMs: 0,
  renewedAtMs: 0,
  rank: 0,
  handOffTo: '',
  revision: 5n,
};

test('a read that was overtaken by the watch does not hide what the watch has shown, and is made again', () => {
  const elector = new Elector(settings);
  elector.step({ type: 'start', candidate: true }, at(0));
  elector.step({ type: 'answered', request: 0, answer: { type: 'read', lease: held } }, at(1));
  elector.step({ type: 'watching', up: true }, at(2)); // reads
  elector.step({ type: 'seen', lease: { ...held, holder: '', termId: '', revision: 6n } }, at(3));
  const effects = elector.step({ type: 'answered', request: 1, answer: { type: 'read', lease: held } }, at(4));
  expect(elector.state.observation?.lease?.revision).toBe(6n);
  expect(effects).toEqual([{ type: 'read', request: 2 }]);
});

test('one that was overtaken by a renewal is not made again before it is time', () => {
  const elector = new Elector(settings);
  elector.step({ type: 'start', candidate: true }, at(0));
  elector.step({ type: 'answered', request: 0, answer: { type: 'read', lease: held } }, at(1));
  elector.step({ type: 'watching', up: true }, at(2)); // reads
  elector.step({ type: 'seen', lease: { ...held, renewal: 2, revision: 6n } }, at(3));

  expect(elector.step({ type: 'answered', request: 1, answer: { type: 'read', lease: held } }, at(4))).toEqual([]);
  expect(elector.wakeAtMs(at(4))).toBe(10_004); // when the watch has been silent for long

  // A change that the watch did not show came after this read was sent.
  elector.step({ type: 'wake' }, at(10_004));
  elector.step({ type: 'hinted' }, at(10_005));
  elector.step({ type: 'seen', lease: { ...held, renewal: 3, revision: 7n } }, at(10_006));
  const effects = elector.step({ type: 'answered', request: 2, answer: { type: 'read', lease: held } }, at(10_007));
  expect(effects).toEqual([{ type: 'read', request: 3 }]);
});

test('an answer that comes when its time is over, and nobody has said so yet, is heard', () => {
  const elector = new Elector(settings);
  elector.step({ type: 'start', candidate: true }, at(0));
  elector.step({ type: 'answered', request: 0, answer: { type: 'read', lease: undefined } }, at(0));
  const mine = { ...held, holder: 'b', termId: 'elector-b.1', renewal: 0, revision: 6n };
  elector.step({ type: 'answered', request: 1, answer: { type: 'written', lease: mine } }, at(0));
  elector.step({ type: 'wake' }, at(2_000));
  elector.step({ type: 'answered', request: 2, answer: { type: 'conflict' } }, at(2_001)); // reads

  const effects = elector.step({ type: 'answered', request: 3, answer: { type: 'read', lease: undefined } }, at(5_500));

  expect(effects).toContainEqual({ type: 'abort', termId: 'elector-b.1', reason: 'deleted' });
});

test('what is due at the time an elector asked to be woken is done then, however its sums are rounded', () => {
  const sentMs = 4047.471482865513; // plus 3 000, minus itself, is a little less than 3 000
  const elector = new Elector(settings);
  elector.step({ type: 'start', candidate: true }, at(sentMs));
  const dueMs = elector.wakeAtMs(at(sentMs));
  elector.step({ type: 'wake' }, at(dueMs));
  expect(elector.wakeAtMs(at(dueMs))).toBeGreaterThan(dueMs);
});
