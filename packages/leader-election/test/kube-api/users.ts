import { forbidden, unauthorized } from './statuses.ts';

export interface User {
  readonly name: string;
  /** What it may do with Leases, in every namespace. */
  readonly verbs: readonly string[];
}

const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
const anonymous: User = { name: 'system:anonymous', verbs: [] };

/** Who may do what: by token, or by the name in a client certificate. */
export class Users {
  readonly byToken = new Map<string, User>([
    ['admin-token', { name: 'admin', verbs: all }],
    ['nobody-token', { name: 'nobody', verbs: [] }],
    ['elector-token', { name: 'system:serviceaccount:default:elector', verbs: ['get', 'create', 'update'] }],
  ]);
  readonly byCertificate = new Map<string, User>();

  /** @throws {Refused} 401 for credentials nobody has; none at all are those of an anonymous user. */
  identify(authorization: string | undefined, certificate: string | undefined): User {
    if (authorization === undefined)
      return (certificate === undefined ? undefined : this.byCertificate.get(certificate)) ?? anonymous;
    const user = this.byToken.get(authorization.replace(/^Bearer /, ''));
    if (user === undefined) throw unauthorized();
    return user;
  }
}

/** @throws {Refused} 403 */
export function authorize(user: User, verb: string, namespace: string, name: string | undefined): void {
  if (!user.verbs.includes(verb)) throw forbidden(user.name, verb, namespace, verb === 'create' ? undefined : name);
}
