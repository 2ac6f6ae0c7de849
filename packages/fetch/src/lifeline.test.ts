import { openCall } from '@holdfast/core';
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Lifeline } from './lifeline.ts';

const ended = (): Lifeline => {
  const call = openCall('attempt');
  const lifeline = new Lifeline(call);
  call.close();
  return lifeline;
};

test('aborts with its call, also when that was over before', () => {
  const call = openCall('attempt');
  const before = new Lifeline(call);
  call.cancel('over');
  const after = new Lifeline(call);

  expect([before.signal.reason, after.signal.reason]).toEqual(['over', 'over']);
});

test('aborts at once when a caller left before the response was his', () => {
  const lifeline = ended();

  lifeline.handOver(new Response('body'), [new AbortController().signal, AbortSignal.abort('left')]);

  expect(lifeline.signal.reason).toBe('left');
});

test('needs one listener for all bodies of a caller, and none once they are done with', () => {
  const caller = new AbortController();
  const lifelines = Array.from({ length: 20 }, ended);
  for (const lifeline of lifelines) lifeline.handOver(new Response('body'), [caller.signal]);
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);

  lifelines[0]!.release();
  caller.abort('left');

  expect(lifelines.filter(({ signal }) => signal.aborted)).toHaveLength(19);
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
});
