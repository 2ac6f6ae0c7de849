import { expect, test } from 'vitest';
import { chosen, compare } from './compare.ts';
import { operation, refused } from './subject.ts';
import type { Subject } from './subject.ts';
import { asText, figure } from './table.ts';
import { turn } from './turn.ts';

const subject = (changes: Partial<Subject>): Subject => ({ name: 'subject', ours: true, call: operation, ...changes });

test('a subject that does not do what is to be measured is refused', async () => {
  await expect(compare([subject({ call: async () => 2 })], { effort: 'short' })).rejects.toThrow(
    '"subject" does not do what is to be measured: it answered 2',
  );
  await expect(compare([subject({ call: refused })], { effort: 'short' })).rejects.toThrow('it rejected with Error: refused');
});

test('a subject that is to refuse must refuse, and with the right error', async () => {
  const expected = { error: (error: unknown) => String(error).includes('full') };
  await expect(compare([subject({ expected })], { effort: 'short' })).rejects.toThrow('it answered 1');
  await expect(compare([subject({ expected, call: refused })], { effort: 'short' })).rejects.toThrow('rejected with');
});

test('each single call is looked at', async () => {
  let calls = 0;
  const sometimes = async (): Promise<number> => (++calls % 10 === 0 ? Promise.reject(new Error('down')) : 1);
  await expect(turn(sometimes, 100)).rejects.toThrow('10 of 100 calls did not end as expected');
  const otherwise = async (): Promise<number> => (++calls % 10 === 0 ? 2 : 1);
  await expect(turn(otherwise, 100)).rejects.toThrow('10 of 100 calls did not end as expected');
  await expect(turn(sometimes, 100, { error: () => true })).rejects.toThrow('90 of 100');
  await expect(turn(operation, 100)).resolves.toMatchObject({ ns: expect.any(Number), cpuNs: expect.any(Number) });
  await expect(turn(refused, 100, { error: () => true })).resolves.toMatchObject({
    ns: expect.any(Number),
    cpuNs: expect.any(Number),
  });
});

test('what holds during the turns of one subject does not hold during those of others', async () => {
  let on = 0;
  const seen = new Set<number>();
  const during = (): (() => void) => {
    on++;
    return () => void on--;
  };
  const watching = async (): Promise<number> => {
    seen.add(on);
    return operation();
  };
  await compare([subject({ during }), subject({ name: 'other', call: watching })], { effort: 'short' });
  expect([...seen]).toEqual([0]);
  expect(on).toBe(0);
}, 30_000);

test('a short run leaves the peers out', () => {
  const subjects = [subject({}), subject({ name: 'peer', ours: false })];
  expect(chosen(subjects, 'short').map(({ name }) => name)).toEqual(['subject']);
  expect(chosen(subjects, 'full')).toBe(subjects);
});

test('an answer is printed with its figures below their heads', () => {
  const columns = [
    { key: 'ratio', title: '× bare', unit: 'ratio' },
    { key: 'bytes', title: 'garbage', unit: 'bytes' },
    { key: 'what', title: 'what', unit: 'text' },
  ] as const;
  const rows = [{ subject: 'holdfast', ours: true, ratio: 2, bytes: 1_234.5, what: 'a' }];
  expect(asText({ id: 'x', title: 'What?', about: '', columns, rows, charts: [] }).split('\n')).toEqual([
    'What?',
    '',
    '          × bare  garbage [bytes]  what',
    'holdfast    2.00            1,235     a',
  ]);
  expect(figure(null, 'ns')).toBe('–');
});
