import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chosenCluster } from './cluster-choice.ts';
import type { ClusterChoice } from './cluster-choice.ts';
import type { Cluster, ClusterReader } from './cluster.ts';
import type { Machine } from './machine.ts';
import { nodeMachine } from './node-machine.ts';

/*
 * Kubeconfig files and service accounts as they lie on a disk, in a folder of the test.
 */
let folder = '';
let variables: Record<string, string> = {};
let wallMs: number | undefined = undefined;

beforeEach(() => {
  wallMs = undefined;
  folder = mkdtempSync(join(tmpdir(), 'holdfast-kube-'));
  variables = {};
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const SECRETS = '/var/run/secrets/kubernetes.io/serviceaccount';

/** This machine, but for the environment and for where the pod's secrets lie. */
const machine: Machine = {
  ...nodeMachine,
  variable: (name) => variables[name] || undefined,
  readText: (path) => nodeMachine.readText(path.replace(SECRETS, folder)),
  wallMs: () => wallMs ?? nodeMachine.wallMs(),
};

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

function read(choice: Partial<ClusterChoice> = {}): Promise<Cluster> {
  return chosenCluster(machine, { kubeconfig: undefined, context: undefined, ...choice }).read(false);
}

async function message(choice: Partial<ClusterChoice> = {}): Promise<string> {
  const error = await read(choice).then(
    () => expect.fail('expected a rejection'),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'LeaseStoreError', fault: 'invalid', mayBeWritten: false });
  return String(error);
}

const config = (user = 'token: secret-1', cluster = 'server: https://one:6443', context = ''): string => `
current-context: main
contexts:
- name: main
  context: {cluster: one, user: me${context}}
clusters:
- name: one
  cluster:
    ${cluster}
users:
- name: me
  user:
    ${user}
`;

describe('what is chosen', () => {
  const inPod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

  test('is the service account of a pod', async () => {
    variables = inPod;
    file('token', ' pod-token\n');
    file('ca.crt', 'CA');
    file('namespace', 'prod\n');

    expect(await read()).toMatchObject({
      server: 'https://10.0.0.1:443',
      token: 'pod-token',
      ca: 'CA',
      namespace: 'prod',
      insecure: false,
    });
  });

  test('is reached at its https port, also over IPv6', async () => {
    variables = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '80', KUBERNETES_SERVICE_PORT_HTTPS: '6443' };
    for (const name of ['token', 'ca.crt']) file(name, 'x');

    expect(await read()).toMatchObject({ server: 'https://[fd00::1]:6443', namespace: undefined });
  });

  test.each([
    { missing: 'token', says: 'automountServiceAccountToken' },
    { missing: 'ca.crt', says: 'ca.crt' },
  ])('is an error that names the file if the pod has no $missing', async ({ missing, says }) => {
    variables = inPod;
    for (const name of ['token', 'ca.crt', 'namespace']) if (name !== missing) file(name, 'x');

    expect(await message()).toContain(says);
  });

  test('is an error if the token of the pod is empty', async () => {
    variables = inPod;
    for (const name of ['token', 'ca.crt']) file(name, '\n');

    expect(await message()).toContain('is empty');
  });

  test('is nothing outside of a cluster: an error that says what was looked for', async () => {
    const text = await message();

    expect(text).toContain('no API server is known');
    expect(text).toContain('KUBERNETES_SERVICE_HOST');
    expect(text).toContain('KUBECONFIG');
  });

  test('is looked for again when there was nothing', async () => {
    const reader = chosenCluster(machine, { kubeconfig: undefined, context: undefined });
    await expect(reader.read(false)).rejects.toThrow('no API server is known');
    variables = { KUBECONFIG: file('config', config()) };

    expect(await reader.read(false)).toMatchObject({ token: 'secret-1' });
  });

  test('is what KUBECONFIG names rather than the pod, and the option rather than that', async () => {
    variables = { ...inPod, KUBECONFIG: file('config', config()) };
    expect(await read()).toMatchObject({ server: 'https://one:6443' });

    const kubeconfig = file('other', config('token: secret-2'));
    expect(await read({ kubeconfig })).toMatchObject({ token: 'secret-2' });
  });

  test('is never a context of a kubeconfig that nobody has named', async () => {
    variables = inPod;

    expect(await message({ context: 'main' })).toContain('no kubeconfig to find it in');
  });
});

describe('a kubeconfig', () => {
  test('gives the namespace of its context, or default', async () => {
    expect(await read({ kubeconfig: file('a', config()) })).toMatchObject({ namespace: 'default' });
    expect(await read({ kubeconfig: file('b', config('token: x', 'server: https://one', ', namespace: prod')) })).toMatchObject({
      namespace: 'prod',
    });
  });

  test('is merged with others: the first to name something counts, and missing files are none', async () => {
    const first = file('first', 'users: [{name: me, user: {token: first}}]\ncurrent-context: main');
    const second = file('second', config('token: second').replace('current-context: main', 'current-context: other'));
    variables = { KUBECONFIG: [join(folder, 'missing'), '', first, second].join(delimiter) };

    expect(await read()).toMatchObject({ server: 'https://one:6443', token: 'first' });
  });

  test('that is empty is one of nothing', async () => {
    expect(await message({ kubeconfig: file('empty', '') })).toContain('has no current-context');
  });

  test('finds files beside itself, and prefers what is in it', async () => {
    file('token', 'from-file\n');
    file('ca.crt', 'CA in a file');
    const fromFiles = config('tokenFile: token', 'server: https://one/prefix/\n    certificate-authority: ca.crt');
    expect(await read({ kubeconfig: file('a', fromFiles) })).toMatchObject({
      server: 'https://one/prefix',
      token: 'from-file',
      ca: 'CA in a file',
    });

    const withData = fromFiles.replace(
      'certificate-authority:',
      `certificate-authority-data: ${btoa('CA')}\n    certificate-authority:`,
    );
    expect(await read({ kubeconfig: file('b', withData) })).toMatchObject({ ca: 'CA' });
  });

  test('gives certificates whose comments are in any script', async () => {
    const data = Buffer.from('# Főtanúsítvány\nCA').toString('base64');

    const kubeconfig = file('a', config('token: x', `server: https://one\n    certificate-authority-data: ${data}`));

    expect(await read({ kubeconfig })).toMatchObject({ ca: '# Főtanúsítvány\nCA' });
  });

  test('gives client certificates', async () => {
    const user = `client-certificate-data: ${btoa('CERT')}\n    client-key-data: ${btoa('KEY')}`;

    expect(await read({ kubeconfig: file('a', config(user)) })).toMatchObject({
      certificate: 'CERT',
      key: 'KEY',
      token: undefined,
    });
  });

  test('gives another context if that is asked for', async () => {
    const contexts = config().replace('contexts:', 'contexts:\n- name: second\n  context: {cluster: one}');

    expect(await read({ kubeconfig: file('a', contexts), context: 'second' })).toMatchObject({ token: undefined });
  });

  test.each([
    ['nothing there', undefined, 'does not exist'],
    ['no YAML', 'a: &b c', 'line 1'],
    ['a list', '- a', 'is no map'],
    ['no current-context', 'contexts: []', 'has no current-context'],
    ['an unknown context', 'current-context: x', 'no entry "x" in contexts'],
    ['an unknown user', config().replace('user: me', 'user: you'), 'no entry "you" in users'],
    ['an unknown cluster', config().replace('cluster: one', 'cluster: two'), 'no entry "two" in clusters'],
    ['no server', config('token: x', 'tls-server-name: y'), 'no http or https address'],
    ['a server of another kind', config('token: x', 'server: ftp://one'), 'no http or https address'],
    ['a password in the address', config('token: x', 'server: https://me:secret-9@one'), 'credentials in the address'],
    ['a proxy', config('token: x', 'server: https://one\n    proxy-url: http://p'), 'proxy-url, which is not supported'],
    ['a password', config('username: me\n    password: secret-9'), 'username, which is not supported'],
    ['an old login', config('auth-provider: {name: oidc}'), 'auth-provider, which is not supported'],
    ['another\u2019s name', config('token: x\n    as: admin'), 'as, which is not supported'],
    ['a file that is not there', config('tokenFile: nowhere'), 'a tokenFile that cannot be read'],
    ['a file in which nothing is', config('tokenFile: empty'), 'a tokenFile that is empty'],
    ['a certificate in which nothing is', config('client-certificate: empty'), 'a client-certificate that is empty'],
    ['no base64', config('client-certificate-data: "secret-9%"'), 'no base64'],
    [
      'a flag that is none',
      config('token: x', 'server: https://one\n    insecure-skip-tls-verify: maybe'),
      'neither true nor false',
    ],
    ['a token that is a list', config('token: [a]'), 'a token that is no text'],
    [
      'trust in one and in all',
      config(
        'token: x',
        `server: https://one\n    certificate-authority-data: ${btoa('CA')}\n    insecure-skip-tls-verify: true`,
      ),
      'of which one is meant',
    ],
  ])('with %s is an error that says so', async (_, content, says) => {
    const kubeconfig = content === undefined ? join(folder, 'none') : file('config', content);
    file('empty', ' \n');

    const text = await message({ kubeconfig });

    expect(text).toContain(says);
    expect(text).toContain(folder);
    expect(text).not.toContain('secret-9');
  });
});

describe('where a kubeconfig leads', () => {
  const both = (
    current: string,
    one = 'cluster: one, namespace: billing',
    server = 'https://one:6443',
    token = 'first',
  ): string => `
current-context: ${current}
contexts:
- {name: main, context: {${one}, user: me}}
- {name: other, context: {cluster: other, user: me}}
clusters:
- {name: one, cluster: {server: '${server}'}}
- {name: other, cluster: {server: 'https://other:6443'}}
- {name: alias, cluster: {server: 'https://one:6443'}}
users:
- {name: me, user: {token: ${token}}}`;
  const begun = async (choice: Partial<ClusterChoice> = {}): Promise<ClusterReader> => {
    const kubeconfig = file('config', both('main'));
    const reader = chosenCluster(machine, { kubeconfig, context: undefined, ...choice });
    expect(await reader.read(false)).toMatchObject({ server: 'https://one:6443', token: 'first' });
    return reader;
  };
  const there = { server: 'https://one:6443', namespace: 'billing' };

  test('is where it led first, whatever context is chosen meanwhile (kubectl config use-context)', async () => {
    const reader = await begun();

    file('config', both('other', undefined, undefined, 'second'));

    expect(await reader.read(false)).toMatchObject({ ...there, token: 'second' });
    expect(await reader.read(true)).toMatchObject({ ...there, token: 'second' });
  });

  test.each([
    ['another namespace (kubens)', both('main', 'cluster: one, namespace: shipping'), 'namespace shipping'],
    ['no namespace', both('main', 'cluster: one'), 'namespace default'],
    ['another server', both('main', undefined, 'https://two:6443'), 'https://two:6443'],
    ['another cluster', both('main', 'cluster: other, namespace: billing'), 'cluster other'],
    ['another cluster at the same address', both('main', 'cluster: alias, namespace: billing'), 'cluster alias'],
  ])('is not %s while it runs: an election in two places has two leaders', async (_, content, says) => {
    const reader = await begun();

    file('config', content);

    const error = await reader.read(false).then(
      () => expect.fail('expected a rejection'),
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'LeaseStoreError', fault: 'invalid', mayBeWritten: false });
    expect(String(error)).toContain('cluster one at https://one:6443, namespace billing');
    expect(String(error)).toContain(says);
    expect(String(error)).toContain('restart');
    file('config', both('main', undefined, undefined, 'second'));
    expect(await reader.read(false)).toMatchObject({ ...there, token: 'second' });
  });

  test.each(['the option', 'KUBECONFIG'])('may be another namespace if that is not taken from it (%s)', async (by) => {
    if (by === 'KUBECONFIG') variables = { KUBECONFIG: join(folder, 'config') };
    const reader = await begun({ namespace: 'prod', ...(by === 'KUBECONFIG' ? { kubeconfig: undefined } : {}) });

    file('config', both('main', 'cluster: one, namespace: shipping', undefined, 'second'));

    expect(await reader.read(false)).toMatchObject({ namespace: 'prod', token: 'second' });
  });

  test('is not fixed by what could not be read', async () => {
    const kubeconfig = file('config', both('main', undefined, 'none'));
    const reader = chosenCluster(machine, { kubeconfig, context: undefined });
    await expect(reader.read(false)).rejects.toThrow('no http or https address');

    file('config', both('other'));

    expect(await reader.read(false)).toMatchObject({ server: 'https://other:6443' });
  });

  test('is not said by the second of two files while the first is being written, which begins with an empty one', async () => {
    const first = file('first', both('main'));
    variables = { KUBECONFIG: [first, file('second', both('other'))].join(delimiter) };
    const reader = chosenCluster(machine, { kubeconfig: undefined, context: undefined });
    file('first', '');
    await expect(reader.read(false)).rejects.toThrow(`kubeconfig ${first} is empty`);
    file('first', both('main'));
    expect(await reader.read(false)).toMatchObject(there);

    file('first', '\n');

    await expect(reader.read(true)).rejects.toMatchObject({ fault: 'invalid', mayBeWritten: false });
  });
});

describe('a plugin', () => {
  /** A program that writes this, or does that. */
  function plugged(output: string | object, exec: object = {}): string {
    const text = typeof output === 'string' ? output : `console.log(${JSON.stringify(JSON.stringify(output))})`;
    const script = file('plugin.mjs', text);
    const all = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [script],
      installHint: 'Get it at the shop',
      ...exec,
    };
    return file('config', config(`exec: ${JSON.stringify(all)}`));
  }
  const credential = (status: object): object => ({ kind: 'ExecCredential', status });

  test('gives a client certificate and when it ends', { timeout: 20_000 }, async () => {
    const status = { clientCertificateData: 'CERT', clientKeyData: 'KEY', expirationTimestamp: '2099-01-01T00:00:00Z' };

    expect(await read({ kubeconfig: plugged(credential(status)) })).toMatchObject({
      certificate: 'CERT',
      key: 'KEY',
      token: undefined,
      expiresAtMs: Date.UTC(2099, 0),
    });
  });

  test('is not run again while what it gave is good, but at a refusal', { timeout: 20_000 }, async () => {
    const kubeconfig = plugged(
      `console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: String(process.pid), expirationTimestamp: '2099-01-01T00:00:00Z' } }))`,
    );
    const reader = chosenCluster(machine, { kubeconfig, context: undefined });
    const { token } = await reader.read(false);

    expect((await reader.read(false)).token).toBe(token);
    expect((await reader.read(true)).token).not.toBe(token);
  });

  test('is run again when what it gave has ended', { timeout: 20_000 }, async () => {
    const kubeconfig = plugged(
      `console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: String(process.pid), expirationTimestamp: '2001-01-01T00:00:00Z' } }))`,
    );
    const reader = chosenCluster(machine, { kubeconfig, context: undefined });

    expect((await reader.read(false)).token).not.toBe((await reader.read(false)).token);
  });

  test.each([
    { lifeMs: 3_600_000, earlierMs: 60_000 }, // the longest run there may be
    { lifeMs: 300_000, earlierMs: 60_000 },
    { lifeMs: 60_000, earlierMs: 12_000 }, // a fifth
    { lifeMs: -1, earlierMs: 0 },
  ])('is run again $earlierMs ms before the end of what lives for $lifeMs ms', { timeout: 20_000 }, async (example) => {
    const { lifeMs, earlierMs } = example;
    wallMs = Date.UTC(2098, 0);
    const expiresAtMs = wallMs + lifeMs;
    const renewAtMs = expiresAtMs - earlierMs;
    const status = `{ token: String(process.pid), expirationTimestamp: '${new Date(expiresAtMs).toISOString()}' }`;
    const kubeconfig = plugged(`console.log(JSON.stringify({ kind: 'ExecCredential', status: ${status} }))`);
    const reader = chosenCluster(machine, { kubeconfig, context: undefined });
    const first = await reader.read(false);
    expect(first).toMatchObject({ expiresAtMs, renewAtMs });

    wallMs = renewAtMs - 1;
    expect((await reader.read(false)).token).toBe(first.token);
    wallMs = renewAtMs;
    expect((await reader.read(false)).token).not.toBe(first.token);
  });

  test('is told of an authority whose comments are in any script', { timeout: 20_000 }, async () => {
    const ca = '# Főtanúsítvány\nCA';
    file('ca.crt', ca);
    const told = `JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.cluster['certificate-authority-data']`;
    const script = file('plugin.mjs', `console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: ${told} } }))`);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [script],
      provideClusterInfo: true,
    };
    const server = 'server: https://one\n    certificate-authority: ca.crt';

    const { token = '' } = await read({ kubeconfig: file('config', config(`exec: ${JSON.stringify(exec)}`, server)) });

    expect(Buffer.from(token, 'base64').toString()).toBe(ca);
  });

  test('may be of the version before', { timeout: 20_000 }, async () => {
    const kubeconfig = plugged(credential({ token: 'x' }), { apiVersion: 'client.authentication.k8s.io/v1beta1' });

    expect(await read({ kubeconfig })).toMatchObject({ token: 'x', expiresAtMs: undefined });
  });

  test.each<readonly [string, string | object, object, string]>([
    ['no JSON', 'console.log("secret-9")', {}, 'gave no ExecCredential'],
    ['something else', { kind: 'Pod', status: { token: 'secret-9' } }, {}, 'gave no ExecCredential'],
    ['no credentials', credential({}), {}, 'neither a token nor a client certificate'],
    ['half a certificate', credential({ clientCertificateData: 'secret-9' }), {}, 'without its key'],
    ['no time', credential({ token: 'secret-9', expirationTimestamp: 'soon' }), {}, 'no time'],
    ['a number', credential({ token: 9 }), {}, 'a token that is no text'],
    ['an error', 'console.error("log in first"); process.exit(3)', {}, 'status 3: log in first; Get it at the shop'],
    ['nothing, for it is not there', '', { command: 'no-such-plugin' }, 'ENOENT'],
    ['nothing, for it is not beside the file', '', { command: './no-such-plugin' }, 'ENOENT'],
    ['nothing, for it wants to ask somebody', '', { interactiveMode: 'Always' }, 'nobody is here'],
    ['nothing, for it is none', '', { command: '' }, 'has no command'],
    ['nothing, for it is too old', '', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }, 'v1alpha1; supported is'],
    ['nothing, for its arguments are none', '', { args: 'x' }, 'args that is no list'],
    ['nothing, for an argument is none', '', { args: [['x']] }, 'not all texts'],
    ['nothing, for its variables are none', '', { env: ['x'] }, 'env that is no map'],
  ])('that gives %s is an error that says so', { timeout: 20_000 }, async (_, output, exec, says) => {
    const text = await message({ kubeconfig: plugged(output, exec) });

    expect(text).toContain(says);
    expect(text).not.toContain('secret-9');
  });
});
