import { expect, test } from 'vitest';
import { help, parseOptions, UsageError } from './options.ts';

test('runs with sensible defaults when nothing is asked for', () => {
  expect(parseOptions([])).toEqual({
    rate: undefined,
    seed: 1,
    report: undefined,
    serve: false,
    json: false,
    help: false,
  });
});

test('reads every option, also after a separator left over from a package manager', () => {
  const options = parseOptions(['--', '--rate', '60', '--seed=7', '--report', 'out.html', '--json']);

  expect(options).toMatchObject({ rate: 60, seed: 7, report: 'out.html', json: true });
});

test.each([
  ['--rat', '60'],
  ['--rate'],
  ['--rate', 'fast'],
  ['--rate', '0'],
  ['--rate', '1001'],
  ['--rate', ''],
  ['--seed', '-1'],
  ['play'],
])('refuses %s %s and points to the help', (...args) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
  expect(() => parseOptions(args)).toThrow('demo --help');
});

test('names every option in the help', () => {
  for (const name of Object.keys(parseOptions([]))) expect(help).toContain(`--${name}`);
});
