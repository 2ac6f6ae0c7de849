import { expect, test } from 'vitest';
import type { Answer, Recording, Variant } from '../model.ts';
import { reportPage } from './page.ts';

const schedule = { healthyMs: 1_000, outageMs: 2_000, recoveryMs: 2_000 };

function recording(variant: Variant): Recording {
  const down = (atMs: number): boolean => variant === 'bare' && atMs >= 1_000 && atMs < 3_000;
  const answers = Array.from({ length: 100 }, (_, i): Answer => {
    const sentMs = i * 50;
    return down(sentMs) ? { sentMs, latencyMs: 4_000, outcome: 'timed-out' } : { sentMs, latencyMs: 40, outcome: 'paid' };
  });
  const times = Array.from({ length: 21 }, (_, i) => i * 250);
  return {
    ...{ variant, schedule, answers, ratePerSecond: 20 },
    orders: times.map((atMs) => ({ atMs, gauge: { inFlight: down(atMs) ? 40 : 1, rssBytes: 2 ** 27, pending: 0 } })),
    payments: times.map((atMs) => ({ atMs, gauge: { reached: atMs / 50, reachedWhileDown: 12 } })),
  };
}

const page = reportPage(recording('bare'), recording('holdfast'));

test('says the verdict and shows the figures of both runs', () => {
  expect(page).toContain('Held: 100 % of the orders answered within 1 s while Payments was down, 0 % without holdfast.');
  expect(page).toMatch(/<tr><th scope="row">orders answered in time, of those sent<\/th><td>0 %<\/td><td>100 %<\/td><\/tr>/);
});

test('draws all five charts, each with a text alternative, and the curves as a table', () => {
  expect(page.match(/<svg[^>]*role="img"/g)).toHaveLength(5);
  expect(page.match(/<desc /g)).toHaveLength(5);
  expect(page.match(/<th scope="row">\d+ s<\/th>/g)).toHaveLength(6);
});

test('needs nothing from anywhere else and has no hole in it', () => {
  expect(page).not.toMatch(/https?:|<script|<link|@import|url\(/);
  expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
});
