import type { Cluster, ClusterReader } from './cluster.ts';
import { ExecPlugin } from './exec-plugin.ts';
import { mergedKubeconfig } from './kubeconfig-files.ts';
import type { Kubeconfig } from './kubeconfig-files.ts';
import type { Entry } from './kubeconfig-entry.ts';
import type { Machine } from './machine.ts';

/**
 * Reads what a context of kubeconfig files says.
 * @param paths several are merged as `kubectl` does: the first that names something counts, and those that do not exist are none.
 * @param context `undefined` for the current-context.
 */
export function kubeconfigReader(machine: Machine, paths: readonly string[], context: string | undefined): ClusterReader {
  const plugin = new ExecPlugin(machine);
  return {
    async read(refused) {
      const config = await mergedKubeconfig(machine, paths);
      const parts = partsOf(config, context);
      return clusterOf(machine, parts, plugin, refused);
    },
  };
}

interface Parts {
  readonly cluster: Entry;
  readonly user: Entry | undefined;
  readonly namespace: string;
}

function partsOf(config: Kubeconfig, wanted: string | undefined): Parts {
  const name = wanted ?? config.currentContext;
  if (name === undefined) throw config.error('has no current-context; set one, or name one in the option context');
  const context = config.entry('contexts', name);
  const clusterName = context.text('cluster') ?? '';
  const userName = context.text('user') ?? '';
  return {
    cluster: config.entry('clusters', clusterName),
    user: userName === '' ? undefined : config.entry('users', userName),
    namespace: context.text('namespace') ?? 'default',
  };
}

/** What would change who we are or where we go, and is not done here. Silently left out it would be somebody or somewhere else. */
const NOT_OF_CLUSTERS = ['proxy-url'];
const NOT_OF_USERS = ['auth-provider', 'username', 'password', 'as', 'as-uid', 'as-groups', 'as-user-extra'];

async function clusterOf(
  machine: Machine,
  { cluster, user, namespace }: Parts,
  plugin: ExecPlugin,
  refused: boolean,
): Promise<Cluster> {
  cluster.refuse(NOT_OF_CLUSTERS);
  user?.refuse(NOT_OF_USERS);
  const server = serverOf(cluster);
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
