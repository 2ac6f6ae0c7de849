import { LeaseStoreError } from '../store.ts';
import type { StoreFault } from '../store.ts';
import { statusIn } from './answer.ts';
import type { Answer, Status } from './answer.ts';

/** What was asked for: for messages, and for whether it may have happened. */
export interface Asked {
  /** Such as `update lease prod/billing`. */
  readonly what: string;
  readonly namespace: string;
  readonly isWrite: boolean;
}

/** The error an answer amounts to that is neither what was asked for nor a conflict. */
export function refusal(asked: Asked, answer: Answer): LeaseStoreError {
  const status = statusIn(answer.json);
  const said = status?.message || answer.text.slice(0, 200).trim() || 'no body';
  const advice = adviceFor(asked, answer.status, status);
  const message = `kubernetesLease: could not ${asked.what}: ${answer.status}${status?.reason ? ` ${status.reason}` : ''}: ${said}`;
  return new LeaseStoreError(advice === '' ? message : `${message}; ${advice}`, {
    fault: faultOf(answer, status),
    mayBeWritten: asked.isWrite && mayBeDone(answer.status),
    retryAfterMs: answer.retryAfterMs,
  });
}

/** A server, or a proxy before it, that answers so may have carried it out all the same (seen of 504 and of 500 with etcd stopped). */
function mayBeDone(status: number): boolean {
  return status < 300 || status === 408 || status >= 500;
}

function faultOf({ status, contentType }: Answer, said: Status | undefined): StoreFault {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'throttled';
  if (status < 400 || status === 408 || status === 409 || status >= 500) return 'unreachable';
  // 'invalid' ends a term: only the API server itself may say so, in a Status, or in plain text of a group it does not serve.
  const byApiServer = said !== undefined || (status === 404 && contentType.startsWith('text/plain'));
  return byApiServer ? 'invalid' : 'unreachable';
}

function adviceFor({ namespace, isWrite }: Asked, status: number, said: Status | undefined): string {
  if (said === undefined && (status < 400 || status === 404)) {
    return 'that is no answer of a Kubernetes API server that serves coordination.k8s.io/v1: check the address, and what stands between';
  }
  if (status === 401) return 'the credentials were refused: check the token or the client certificate';
  if (status === 403) {
    const verbs = isWrite ? 'get, create and update' : 'get, create, update and watch';
    return `a Role with the verbs ${verbs} on leases of coordination.k8s.io in namespace ${namespace} has to be bound to this user`;
  }
  if (said?.about === 'namespaces') return `create the namespace, or name another in the option namespace`;
  return '';
}
