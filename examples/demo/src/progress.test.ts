import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { progressLine } from './progress.ts';
import type { Progress } from './run.ts';

function terminal(isTTY: boolean, columns = 200): { stream: NodeJS.WriteStream; written: string[] } {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      written.push(text);
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream, written };
}

function at(seconds: number, phase: Progress['phase']): Progress {
  return { variant: 'bare', phase, atMs: seconds * 1_000, inTimePerSecond: 118, p99Ms: 63, waiting: 4 };
}

test('writes a line every two seconds and at every change of phase where there is no terminal', () => {
  const { stream, written } = terminal(false);
  const line = progressLine(stream);

  for (const seconds of [0.2, 1, 2.1, 2.3, 3]) line.show(at(seconds, 'healthy'));
  line.show(at(3.2, 'outage'));

  expect(written.map((text) => text.trimEnd())).toEqual([
    'without holdfast  healthy   0 of 18 s   118 orders/s in time   p99  63 ms      4 waiting',
    'without holdfast  healthy   2 of 18 s   118 orders/s in time   p99  63 ms      4 waiting',
    'without holdfast  outage    3 of 18 s   118 orders/s in time   p99  63 ms      4 waiting',
  ]);
});

test('redraws one line on a terminal, never wider than it, and ends it before saying something else', () => {
  const { stream, written } = terminal(true, 30);
  const line = progressLine(stream);

  line.show(at(1, 'healthy'));
  line.show(at(1.2, 'healthy'));
  line.say('stopping');

  expect(written[1]).toBe('\r\u001b[2Kwithout holdfast  healthy   1');
  expect(written.slice(2)).toEqual(['\n', 'stopping\n']);
});
