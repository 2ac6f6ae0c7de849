import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Bottleneck from 'bottleneck';
import CircuitBreaker from 'opossum';
import { describe, expect, test } from 'vitest';

// What the libraries themselves say they have must stand on the pages, so that an upgrade shows what is missing there.
const docs = join(import.meta.dirname, '../../../docs');
const modules = join(docs, 'node_modules');
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8');
const pageOf = (name: string): string => read(docs, 'migrate', `${name}.md`);

const words = (text: string): Set<string> => new Set(text.match(/[\w$]+/g));
const missing = (page: string, names: Iterable<string>): string[] => {
  const there = words(pageOf(page));
  return [...new Set(names)].filter((name) => !there.has(name));
};
const matches = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name]) => name!);
const methodsOf = (prototype: object): string[] =>
  Object.getOwnPropertyNames(prototype).filter((name) => !name.startsWith('_') && name !== 'constructor');

describe('opossum', () => {
  const source = read(modules, 'opossum/lib/circuit.js');

  test('every option is on the page', () => {
    const documented = matches(source, /options\.(\w+)/g).filter((name) => name !== 'coalesceCache');
    expect(documented).toContain('rotateBucketController');
    expect(missing('opossum', documented)).toEqual([]);
  });

  test('every method and property, and every event', () => {
    expect(missing('opossum', methodsOf(CircuitBreaker.prototype))).toEqual([]);
    expect(missing('opossum', matches(source, /emit\('(\w+)'/g))).toEqual([]);
    expect(missing('opossum', matches(source, /'(E[A-Z]+)'/g))).toEqual([]);
  });
});

test('p-retry: every option and every fact of its context', () => {
  const types = read(modules, 'p-retry/index.d.ts').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const names = matches(types, /readonly (\w+)\??:/g).filter((name) => name !== 'name' && name !== 'originalError');
  expect(names).toContain('shouldConsumeRetry');
  expect(missing('p-retry', [...names, 'makeRetriable', 'AbortError'])).toEqual([]);
});

describe('bottleneck', () => {
  const types = read(modules, 'bottleneck/bottleneck.d.ts');
  const { prototype } = Bottleneck as unknown as { prototype: Record<string, object> };

  test('every option of limiters, jobs, stores and batchers', () => {
    const defaults = [
      'jobDefaults',
      'storeDefaults',
      'localStoreDefaults',
      'redisStoreDefaults',
      'instanceDefaults',
      'stopDefaults',
    ];
    const options = defaults.flatMap((name) => Object.keys(prototype[name]!));
    expect(options).toContain('clientTimeout');
    expect(missing('bottleneck', [...options, 'maxTime', 'maxSize'])).toEqual([]);
    expect(missing('bottleneck', Object.keys(Bottleneck.strategy))).toEqual([]);
  });

  test('every method, and every event', () => {
    const own = methodsOf(prototype).filter((name) => typeof prototype[name] === 'function' && /^[a-z]/.test(name));
    expect(own).toContain('incrementReservoir');
    const internal = ['channel_client'];
    expect(
      missing(
        'bottleneck',
        own.filter((name) => !internal.includes(name)),
      ),
    ).toEqual([]);
    expect(
      missing(
        'bottleneck',
        matches(types, /on\(name: "(\w+)"/g).filter((name) => name !== 'batch'),
      ),
    ).toEqual([]);
  });
});

test('cockatiel: everything it exports, and every option', () => {
  const folder = join(modules, 'cockatiel/dist');
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = all.filter((file) => file.endsWith('.d.ts') && !file.startsWith('common')); // which it does not export
  const types = files.map((file) => read(folder, file).replaceAll(/\/\*[\s\S]*?\*\//g, '')).join('\n');
  const exported = matches(types, /^export declare (?:const|function|class|enum) (\w+)/gm);
  const policies = [
    'Policy',
    'NoopPolicy',
    'RetryPolicy',
    'CircuitBreakerPolicy',
    'TimeoutPolicy',
    'BulkheadPolicy',
    'FallbackPolicy',
  ];
  const others = exported.filter((name) => !policies.includes(name));
  expect(others).toContain('SamplingBreaker');
  expect(missing('cockatiel', others)).toEqual([]);
  expect(missing('cockatiel', matches(types, /readonly (on[A-Z]\w+):/g))).toEqual([]);
  const options = matches(types, /interface I\w*(?:Options|Config)(?:<\w+>)? \{([^}]*)\}/g).flatMap((body) =>
    matches(body, /(\w+)\??:/g),
  );
  const ofFilters = ['errorFilter', 'resultFilter', 'strategy', 'unref'];
  expect(options).toContain('minimumRps');
  expect(
    missing(
      'cockatiel',
      options.filter((name) => !ofFilters.includes(name)),
    ),
  ).toEqual([]);
});
