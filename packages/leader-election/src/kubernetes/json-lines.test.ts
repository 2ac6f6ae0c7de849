import fc from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from './json-lines.ts';

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function collect(parts: readonly Uint8Array[], longest = 1_000): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(chunks(...parts), longest)) lines.push(line);
  return lines;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('gives the lines of a stream that is cut anywhere, within characters too', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' ').toWellFormed()));
  const cuts = fc.array(fc.nat(200));
  await fc.assert(
    fc.asyncProperty(texts, cuts, async (lines, at) => {
      const whole = bytes(lines.map((line) => `${line}\n`).join(''));
      const places = [0, ...at.filter((cut) => cut < whole.length).toSorted((a, b) => a - b), whole.length];
      const parts = places.slice(1).map((end, index) => whole.subarray(places[index], end));
      expect(await collect(parts, 10_000)).toEqual(lines.map((line) => line.replace(/^\uFEFF/, '')));
    }),
  );
});

test('does not give a line whose end did not come', async () => {
  expect(await collect([bytes('{"a":1}\n{"b":')])).toEqual(['{"a":1}']);
});

test('gives up a line that does not end', async () => {
  const endless = Array.from({ length: 20 }, () => bytes('x'.repeat(100)));

  await expect(collect(endless)).rejects.toThrow(RangeError);
  expect(await collect([...endless.slice(0, 9), bytes('\n'), ...endless.slice(0, 9), bytes('\n')])).toHaveLength(2);
});

test('lets go of the stream when nobody reads on', async () => {
  let closed = false;
  async function* stream(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield bytes('line\n');
    } finally {
      closed = true;
    }
  }

  for await (const line of linesOf(stream(), 100)) {
    expect(line).toBe('line');
    break;
  }

  expect(closed).toBe(true);
});
