import { expect, test } from 'vitest';
import { readEtcdOptions } from './options.ts';
import type { EtcdLeaseOptions } from './options.ts';

test('takes one endpoint or several, and nothing else needs saying', () => {
  expect(readEtcdOptions({ endpoints: 'http://etcd:2379/' })).toEqual({
    endpoints: ['http://etcd:2379'],
    secure: false,
    prefix: '/holdfast/leases/',
    credentials: undefined,
    tls: {},
  });
  const tls = { ca: 'PEM', serverName: 'etcd' };
  const given = { endpoints: ['https://a:1/etcd/', 'https://b:2'], prefix: '', username: 'u', password: 'p', tls };
  expect(readEtcdOptions(given)).toEqual({
    endpoints: ['https://a:1/etcd', 'https://b:2'],
    secure: true,
    prefix: '',
    credentials: { name: 'u', password: 'p' },
    tls,
  });
});

test.each([
  [{}, 'endpoints', /must be addresses that begin with http/],
  [{ endpoints: [] }, 'endpoints', /at least one/],
  [{ endpoints: 'etcd:2379' }, 'endpoints', /begin with http/],
  [{ endpoints: 'http://a:1?x=1' }, 'endpoints', /without query/],
  [{ endpoints: ['http://a:1', 'https://b:1'] }, 'endpoints', /https:\/\/ as tls or another endpoint is, got "http:\/\/a:1"/],
  [{ endpoints: 'http://a:1', tls: {} }, 'endpoints', /https/],
  [{ endpoints: 'http://a:1', username: 'u' }, 'password', /given with a username/],
  [{ endpoints: 'http://a:1', password: 'secret' }, 'username', /given with a password, got undefined/],
  [{ endpoints: 'https://a:1', tls: { cert: 'PEM' } }, 'tls', /both cert and key/],
  [{ endpoints: 'https://a:1', tls: { ca: 5 } }, 'tls.ca', /PEM/],
  [{ endpoints: 'https://a:1', tls: { caa: 'PEM' } }, 'tls.caa', /ca/],
  [{ endpoints: 'http://a:1', prefx: 'x' }, 'prefx', /prefix/],
])('refuses %j', (given, option, message) => {
  expect(() => readEtcdOptions(given as unknown as EtcdLeaseOptions)).toThrow(
    expect.objectContaining({ code: 'HOLDFAST_CONFIG', option, message: expect.stringMatching(message) }),
  );
});

test('refuses credentials within an address, and does not repeat them', () => {
  const given = { endpoints: 'https://user:s3cret@etcd:2379' };
  expect(() => readEtcdOptions(given)).toThrow(/without user and password/);
  expect(() => readEtcdOptions(given)).not.toThrow(/s3cret/);
});
