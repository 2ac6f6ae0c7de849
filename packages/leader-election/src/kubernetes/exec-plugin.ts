import { parseJson } from '../record-json.ts';
import { toBase64 } from '../base64.ts';
import { isReached } from './cluster.ts';
import type { Entry } from './kubeconfig-entry.ts';
import { isObject } from './lease-object.ts';
import type { Machine } from './machine.ts';

/** What a plugin is told of the cluster it gives credentials for, if it asks. */
export interface ExecCluster {
  readonly server: string;
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly serverName: string | undefined;
}

export interface ExecCredential {
  readonly token: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** In wall-clock milliseconds: when the program is to be run again, and when what it gave ends. */
  readonly renewAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
}

/** The longest that a program may run (node-machine.ts): begun so long before the end, it ends in time. */
const AHEAD_MS = 60_000;
/** Of the life of what lives for less than five minutes, which would otherwise be got anew half of the time or all of it. */
const AHEAD_RATIO = 0.2;

/** v1beta1 says the same as v1, and is what some clouds' tools still write. */
const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/**
 * Credentials out of a program, as kubeconfigs name it under `exec`. A credential is kept until shortly before it ends, or until it is
 * refused: programs ask a cloud for them, and take their time.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export class ExecPlugin {
  readonly #machine: Machine;
  #last: { readonly request: string; readonly credential: ExecCredential } | undefined = undefined;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** @throws {LeaseStoreError} if the program cannot be run or gives none. */
  async credential(exec: Entry, cluster: ExecCluster, refused: boolean): Promise<ExecCredential> {
    const invocation = invocationOf(exec, cluster, this.#machine);
    const request = JSON.stringify(invocation);
    const last = this.#last?.request === request ? this.#last.credential : undefined;
    if (last !== undefined && !refused && !isReached(last.renewAtMs, this.#machine.wallMs())) return last;
    const output = await this.#run(exec, invocation);
    const credential = credentialIn(exec, output, this.#machine.wallMs());
    this.#last = { request, credential };
    return credential;
  }

  async #run(exec: Entry, { command, args, variables }: Invocation): Promise<string> {
    try {
      return await this.#machine.run(command, args, variables);
    } catch (error) {
      const hint = exec.text('installHint');
      const advice = hint === undefined ? '' : `; ${hint}`;
      throw exec.error(`could not run ${command}: ${error instanceof Error ? error.message : String(error)}${advice}`, error);
    }
  }
}

interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

function invocationOf(exec: Entry, cluster: ExecCluster, machine: Machine): Invocation {
  const apiVersion = exec.text('apiVersion') ?? '';
  if (!VERSIONS.includes(apiVersion))
    throw exec.error(`has apiVersion ${apiVersion || '(none)'}; supported is ${VERSIONS.join(' and ')}`);
  if (exec.text('interactiveMode') === 'Always')
    throw exec.error('wants to ask somebody (interactiveMode Always), and nobody is here');
  const command = exec.text('command');
  if (command === undefined) throw exec.error('has no command');
  const variables = exec.parts('env').map((one) => [one.text('name') ?? '', one.text('value') ?? ''] as const);
  const spec = { interactive: false, ...(exec.flag('provideClusterInfo') ? { cluster: clusterInfo(cluster) } : {}) };
  const info = { apiVersion, kind: 'ExecCredential', spec };
  return {
    command: /[\\/]/.test(command) ? machine.beside(exec.path, command) : command, // a bare name is looked for in PATH
    args: exec.texts('args'),
    variables: { ...Object.fromEntries(variables), KUBERNETES_EXEC_INFO: JSON.stringify(info) },
  };
}

function clusterInfo({ server, ca, insecure, serverName }: ExecCluster): Record<string, unknown> {
  return {
    server,
    ...(ca === undefined ? {} : { 'certificate-authority-data': toBase64(ca) }),
    ...(insecure ? { 'insecure-skip-tls-verify': true } : {}),
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
  };
}

/** What a program writes is secret: errors say what is missing, and show nothing of it. */
function credentialIn(exec: Entry, output: string, wallMs: number): ExecCredential {
  const said = parseJson(output);
  const status = isObject(said) && said['kind'] === 'ExecCredential' ? said['status'] : undefined;
  if (!isObject(status)) throw exec.error('gave no ExecCredential with a status as JSON');
  const [token, certificate, key, expires] = ['token', 'clientCertificateData', 'clientKeyData', 'expirationTimestamp'].map(
    (field) => {
      const value = status[field] ?? '';
      if (typeof value !== 'string') throw exec.error(`gave a ${field} that is no text`);
      return value === '' ? undefined : value;
    },
  );
  if (token === undefined && certificate === undefined) throw exec.error('gave neither a token nor a client certificate');
  if ((certificate === undefined) !== (key === undefined))
    throw exec.error('gave a client certificate without its key, or a key without it');
  const expiresAtMs = endOf(exec, expires);
  return { token: token?.trim(), certificate, key, renewAtMs: renewalOf(expiresAtMs, wallMs), expiresAtMs };
}

function renewalOf(expiresAtMs: number | undefined, wallMs: number): number | undefined {
  if (expiresAtMs === undefined) return undefined;
  const lifeMs = Math.max(0, expiresAtMs - wallMs);
  return expiresAtMs - Math.min(AHEAD_MS, lifeMs * AHEAD_RATIO);
}

function endOf(exec: Entry, expires: string | undefined): number | undefined {
  if (expires === undefined) return undefined;
  const atMs = Date.parse(expires);
  if (Number.isNaN(atMs)) throw exec.error('gave an expirationTimestamp that is no time');
  return atMs;
}
