import type { Cluster, ClusterReader } from './cluster.ts';
import { ExecPlugin } from './exec-plugin.ts';
import { mergedKubeconfig } from './kubeconfig-files.ts';
import type { Kubeconfig } from './kubeconfig-files.ts';
import type { Entry } from './kubeconfig-entry.ts';
import type { Machine } from './machine.ts';

/** What is asked for by options. */
export interface Wanted {
  /** `undefined` for the current-context. */
  readonly context: string | undefined;
  /** `undefined` for that of the context. */
  readonly namespace?: string | undefined;
}

/**
 * Reads what a context of kubeconfig files says. Where it leads is decided by the first good read: the current-context is what somebody
 * works with at the moment, and an election that followed it into another cluster or namespace would lead beside the one it left.
 * @param paths several are merged as `kubectl` does: the first that names something counts, and those that do not exist are none.
 */
export function kubeconfigReader(machine: Machine, paths: readonly string[], wanted: Wanted): ClusterReader {
  const plugin = new ExecPlugin(machine);
  let begun: Place | undefined;
  return {
    async read(refused) {
      const config = await mergedKubeconfig(machine, paths);
      const parts = partsOf(config, { ...wanted, context: begun?.context ?? wanted.context });
      if (begun !== undefined) checkSame(config, begun, parts.place);
      const cluster = await clusterOf(machine, parts, plugin, refused);
      begun ??= parts.place;
      return cluster;
    },
  };
}

interface Parts {
  readonly cluster: Entry;
  readonly user: Entry | undefined;
  readonly place: Place;
}

/** Where the leases lie, and what led there. */
interface Place {
  readonly context: string;
  readonly cluster: string;
  readonly server: string;
  readonly namespace: string;
}

/** @throws {LeaseStoreError} */
function checkSame(config: Kubeconfig, begun: Place, now: Place): void {
  const [before, after] = [begun, now].map(
    ({ cluster, server, namespace }) => `cluster ${cluster} at ${server}, namespace ${namespace}`,
  );
  if (before === after) return;
  throw config.error(
    `has another context ${begun.context} than at the start: it led to ${before}, and leads to ${after}; restart this process to follow it`,
  );
}

function partsOf(config: Kubeconfig, wanted: Wanted): Parts {
  const name = wanted.context ?? config.currentContext;
  if (name === undefined) throw config.error('has no current-context; set one, or name one in the option context');
  const context = config.entry('contexts', name);
  const clusterName = context.text('cluster') ?? '';
  const userName = context.text('user') ?? '';
  const cluster = config.entry('clusters', clusterName);
  const namespace = wanted.namespace ?? context.text('namespace') ?? 'default';
  return {
    cluster,
    user: userName === '' ? undefined : config.entry('users', userName),
    place: { context: name, cluster: clusterName, server: serverOf(cluster), namespace },
  };
}

/** What would change who we are or where we go, and is not done here. Silently left out it would be somebody or somewhere else. */
const NOT_OF_CLUSTERS = ['proxy-url'];
const NOT_OF_USERS = ['auth-provider', 'username', 'password', 'as', 'as-uid', 'as-groups', 'as-user-extra'];

async function clusterOf(
  machine: Machine,
  { cluster, user, place: { server, namespace } }: Parts,
  plugin: ExecPlugin,
  refused: boolean,
): Promise<Cluster> {
  cluster.refuse(NOT_OF_CLUSTERS);
  user?.refuse(NOT_OF_USERS);
  const [ca, certificate, key, tokenInFile] = await Promise.all([
    cluster.pem(machine, 'certificate-authority'),
    user?.pem(machine, 'client-certificate'),
    user?.pem(machine, 'client-key'),
    user?.file(machine, 'tokenFile'),
  ]);
  const insecure = cluster.flag('insecure-skip-tls-verify');
  if (insecure && ca !== undefined)
    throw cluster.error('has a certificate authority and insecure-skip-tls-verify, of which one is meant');
  const exec = user?.part('exec');
  const issued =
    exec === undefined
      ? undefined
      : await plugin.credential(exec, { server, ca, insecure, serverName: cluster.text('tls-server-name') }, refused);
  return {
    server,
    namespace,
    ca,
    certificate: issued?.certificate ?? certificate,
    key: issued?.key ?? key,
    serverName: cluster.text('tls-server-name'),
    insecure,
    token: issued?.token ?? tokenInFile?.trim() ?? user?.text('token'), // a file counts more than what is beside it, as in kubectl
    renewAtMs: issued?.renewAtMs,
    expiresAtMs: issued?.expiresAtMs,
  };
}

function serverOf(cluster: Entry): string {
  const server = cluster.text('server') ?? '';
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw cluster.error('has a server that is no http or https address');
  if (url.username !== '' || url.password !== '') throw cluster.error('has credentials in the address of its server');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
