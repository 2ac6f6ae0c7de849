import { Outcome } from '@holdfast/core';
import { expect, test } from 'vitest';
import { discardBody, quietly } from './discard.ts';

const answer = (value: unknown): Outcome => Outcome.returned(value, 'failure');

test('T34: lets go of a body in the kindest way it offers', () => {
  const done: string[] = [];
  const way = (name: string) => ({ [name]: () => done.push(name) });
  discardBody(answer({ body: { ...way('destroy'), ...way('cancel'), ...way('dump') } }));
  discardBody(answer({ body: { ...way('destroy'), ...way('cancel') } }));
  discardBody(answer({ body: way('destroy') }));
  expect(done).toEqual(['dump', 'cancel', 'destroy']);
});

test('T34: cancels the body of a web response', () => {
  let cancelled = false;
  const body = new ReadableStream({ cancel: () => void (cancelled = true) });
  discardBody(answer(new Response(body, { status: 503 })));
  expect(cancelled).toBe(true);
});

test.each([undefined, 'text', {}, { body: null }, { body: 'text' }, { body: {} }])('leaves %j alone', (value) => {
  expect(discardBody(answer(value))).toBeUndefined();
});

test('T31: neither a throw nor a rejection of a discarder is heard of', async () => {
  quietly(() => {
    throw new Error('thrown');
  }, answer(undefined));
  quietly(() => Promise.reject(new Error('rejected')), answer(undefined));
  await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail the run
  expect(true).toBe(true);
});
