import type { LeaseStore } from '../../src/store.ts';
import type { Requests } from './messages.ts';
import { sharedNowMs } from './shared-clock.ts';

/** A store that counts what is asked of it, and says how long each answer took. */
export function counted(
  store: LeaseStore,
  took: (kind: 'read' | 'write', ms: number) => void,
): { store: LeaseStore; requests: () => Requests } {
  const count = { reads: 0, writes: 0, watches: 0 };
  const timed = async <T>(kind: 'read' | 'write', answer: Promise<T>): Promise<T> => {
    const sentMs = sharedNowMs();
    const value = await answer;
    took(kind, sharedNowMs() - sentMs);
    return value;
  };
  const counting: LeaseStore = {
    kind: store.kind,
    read(name, signal) {
      count.reads++;
      return timed('read', store.read(name, signal));
    },
    write(name, seen, next, signal) {
      count.writes++;
      return timed('write', store.write(name, seen, next, signal));
    },
  };
  if (store.watch !== undefined) {
    counting.watch = (name, seen, onChange, signal) => {
      count.watches++;
      return store.watch!(name, seen, onChange, signal);
    };
  }
  return { store: counting, requests: () => ({ ...count }) };
}
