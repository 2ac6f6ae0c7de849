import { expect, test } from 'vitest';
import { Alarm } from './clock.ts';
import { TimerList, unlink } from './timer-list.ts';

const timer = () => new Alarm(() => {});

class Watched extends TimerList {
  readonly log: string[] = [];
  override filled(): void {
    this.log.push('filled');
  }
  override emptied(): void {
    this.log.push('emptied');
  }
}

test('hands timers out in the order they were appended', () => {
  const list = new TimerList();
  const [a, b, c] = [timer(), timer(), timer()];
  for (const each of [a, b, c]) list.append(each);
  unlink(b);
  expect([list.takeFirst(), list.takeFirst(), list.takeFirst()]).toEqual([a, c, undefined]);
  expect(list.isEmpty).toBe(true);
});

test('says when the first timer comes in and when the last has gone', () => {
  const list = new Watched();
  const [a, b] = [timer(), timer()];
  list.append(a);
  list.append(b);
  unlink(a);
  unlink(b);
  list.append(a);
  expect(list.log).toEqual(['filled', 'emptied', 'filled']);
});

test('unlinking a timer that is in no list does nothing', () => {
  const list = new Watched();
  const a = timer();
  expect(unlink(a)).toBe(false);
  list.append(a);
  expect(unlink(a)).toBe(true);
  expect(unlink(a)).toBe(false);
  expect(list.log).toEqual(['filled', 'emptied']);
});

test('moves all its timers behind those of another list', () => {
  const [from, to] = [new Watched(), new Watched()];
  const [a, b, c] = [timer(), timer(), timer()];
  to.append(a);
  from.append(b);
  from.append(c);
  from.moveTo(to);
  from.moveTo(to);
  expect([to.takeFirst(), to.takeFirst(), to.takeFirst(), to.first]).toEqual([a, b, c, undefined]);
  expect(from.log).toEqual(['filled', 'emptied']);
  expect(to.log).toEqual(['filled', 'emptied']);
});

test('as a timer it is never due', () => {
  expect(new TimerList().fire()).toBeUndefined();
});
