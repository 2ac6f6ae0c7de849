import { LeaseStoreError } from '../store.ts';
import type { Cluster, ClusterReader } from './cluster.ts';
import { isMissing } from './machine.ts';
import type { Machine } from './machine.ts';

const FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export function isInCluster(machine: Machine): boolean {
  return machine.variable('KUBERNETES_SERVICE_HOST') !== undefined && portOf(machine) !== undefined;
}

/** The service account of the pod, as the kubelet lays it down and renews it. */
export function inCluster(machine: Machine): ClusterReader {
  return {
    async read(): Promise<Cluster> {
      const [token, ca, namespace] = await Promise.all([
        readPart(machine, 'token'),
        readPart(machine, 'ca.crt'),
        readPart(machine, 'namespace').catch(() => undefined), // asked for only where no option gives it
      ]);
      return {
        server: `https://${bracketed(machine.variable('KUBERNETES_SERVICE_HOST')!)}:${portOf(machine)!}`,
        namespace,
        ca,
        certificate: undefined,
        key: undefined,
        serverName: undefined,
        insecure: false,
        token,
        renewAtMs: undefined,
        expiresAtMs: undefined,
      };
    },
  };
}

function portOf(machine: Machine): string | undefined {
  return machine.variable('KUBERNETES_SERVICE_PORT_HTTPS') ?? machine.variable('KUBERNETES_SERVICE_PORT');
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** @throws {LeaseStoreError} */
async function readPart(machine: Machine, part: string): Promise<string> {
  const path = `${FOLDER}/${part}`;
  try {
    const text = (await machine.readText(path)).trim();
    if (text !== '') return text;
  } catch (error) {
    const advice = isMissing(error) ? '; is automountServiceAccountToken false for this pod or its service account?' : '';
    throw invalid(`the service account of the pod cannot be read: ${String(error)}${advice}`, error);
  }
  throw invalid(`the service account of the pod cannot be used: ${path} is empty`);
}

function invalid(message: string, cause?: unknown): LeaseStoreError {
  return new LeaseStoreError(message, { fault: 'invalid', mayBeWritten: false, cause });
}
