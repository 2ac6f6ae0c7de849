import { describe, expect, test } from 'vitest';
import { memoryLease } from '../memory/memory-lease.ts';
import { leaseOf, shardedSettings } from './sharding-options.ts';
import type { ShardedElectionOptions } from './sharding-options.ts';

const shardsOf = (shards: unknown, name = 'jobs'): readonly string[] =>
  shardedSettings({ name, store: memoryLease(), shards } as ShardedElectionOptions).shards;

test('no options at all are refused like options without a name', () => {
  expect(() => shardedSettings(undefined as never)).toThrow('option name must be');
});

describe('shards', () => {
  test('are numbered from 0, or named', () => {
    expect(shardsOf(3)).toEqual(['0', '1', '2']);
    expect(shardsOf(['eu-west-1', 'us-east-1'])).toEqual(['eu-west-1', 'us-east-1']);
  });

  test.each([0, -1, 1.5, Number.NaN, 1_001, [], undefined, 'three', Array.from({ length: 1_001 }, (_, index) => `s${index}`)])(
    'of another number are refused: %j',
    (shards) => {
      expect(() => shardsOf(shards)).toThrow(
        'jobs: option shards must be a whole number from 1 to 1000, or a list of so many names',
      );
    },
  );

  test.each(['', 'A', 'a.b', '-a', 'a-', 'a_b', 'x'.repeat(64), 7])('called %j are refused', (shard) => {
    expect(() => shardsOf(['fine', shard])).toThrow('names of lower-case letters, digits and "-", 63 characters at most');
  });

  test('of one name are refused', () => {
    expect(() => shardsOf(['a', 'b', 'a'])).toThrow('jobs: option shards must be different names, got "a"');
  });

  test('of two elections never share a lease, because no shard has a dot and the last one divides the name', () => {
    expect(leaseOf('jobs.eu', '1')).not.toBe(leaseOf('jobs', 'eu-1'));
    expect(() => shardsOf(['eu.1'])).toThrow('shards');
  });

  test('are refused where the name of a lease would be longer than any store allows', () => {
    const name = Array.from({ length: 5 }, () => 'n'.repeat(49)).join('.'); // 249
    expect(shardsOf(['abc'], name)).toEqual(['abc']);
    expect(() => shardsOf(['abcd'], name)).toThrow('253 characters');
  });
});

test('a rank is refused, for members share evenly', () => {
  const options = { name: 'jobs', store: memoryLease(), shards: 2, rank: 1 } as ShardedElectionOptions;
  expect(() => shardedSettings(options)).toThrow('shardedElection: option rank must be left out');
});

test('what an election would refuse is refused', () => {
  const store = memoryLease();
  expect(() => shardedSettings({ name: 'Jobs', store, shards: 2 })).toThrow('option name');
  expect(() => shardedSettings({ name: 'jobs', store, shards: 2, leaseDurationMs: 1_000 })).toThrow('option leaseDurationMs');
});
