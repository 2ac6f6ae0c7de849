import { afterEach, expect, test } from 'vitest';
import { ambientCall, setAmbient } from './ambient.ts';
import { openDetachedCall } from './detached-call.ts';
import { openCall } from './open-call.ts';
import { pipeline } from './pipeline.ts';
import { VirtualClock } from './testing/virtual-clock.ts';

afterEach(() => setAmbient(undefined));

test('there is no ambient call until somebody provides one', async () => {
  expect(ambientCall()).toBeUndefined();
  setAmbient(() => undefined);
  expect(ambientCall()).toBeUndefined();
  await expect(pipeline('p').run((call) => call.key)).resolves.toBeUndefined();
});

test('a run that is told of no parent is part of the ambient call', async () => {
  const clock = new VirtualClock();
  const request = openCall('request', { key: 'k', timeoutMs: 100 }, clock);
  setAmbient(() => request);
  const p = pipeline({ name: 'p', clock });
  await expect(p.run((call) => [call.key, call.deadline])).resolves.toEqual(['k', 100]);
  await expect(p.run((call) => [call.key, call.deadline], { key: 'own' })).resolves.toEqual(['own', 100]);
});

test('a parent that is told goes before the ambient call', async () => {
  const ambient = openCall('ambient', { key: 'ambient' });
  const told = openCall('told', { key: 'told' });
  setAmbient(() => ambient);
  const p = pipeline('p');
  await expect(p.run((call) => call.key, { parent: told })).resolves.toBe('told');
  await expect(p.run((call) => call.key, told)).resolves.toBe('told');
});

test('a call that goes on by itself leaves the ambient one in place where nobody can put another there', () => {
  const request = openCall('request');
  const detached = openDetachedCall(openCall('other'));
  setAmbient(() => request);
  expect(detached.begin(() => ambientCall())).toBe(request);
});
