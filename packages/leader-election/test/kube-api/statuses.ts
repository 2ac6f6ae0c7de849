/** An answer that is an object of the API. */
export interface ObjectReply {
  readonly status: number;
  readonly body: unknown;
}

/** A refused request: thrown by whatever refuses it. */
export class Refused extends Error {
  readonly reply: ObjectReply;
  constructor(status: number, reason: string | undefined, message: string, details?: object) {
    super(message);
    const body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === undefined ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code: status,
    };
    this.reply = { status, body };
  }
}

const GROUP = 'coordination.k8s.io';
const of = (name: string | undefined, kind = 'leases'): object => ({
  ...(name === undefined ? {} : { name }),
  group: GROUP,
  kind,
});

export const notFound = (name: string): Refused => new Refused(404, 'NotFound', `leases.${GROUP} "${name}" not found`, of(name));

export const noNamespace = (name: string): Refused =>
  new Refused(404, 'NotFound', `namespaces "${name}" not found`, { name, kind: 'namespaces' });

export const alreadyExists = (name: string): Refused =>
  new Refused(409, 'AlreadyExists', `leases.${GROUP} "${name}" already exists`, of(name));

export const conflict = (name: string, why: string, kind = 'leases'): Refused =>
  new Refused(409, 'Conflict', `Operation cannot be fulfilled on ${kind}.${GROUP} "${name}": ${why}`, of(name, kind));

export const modified = (name: string): Refused =>
  conflict(name, 'the object has been modified; please apply your changes to the latest version and try again');

export const otherUid = (namespace: string, name: string, wanted: string, found: string): Refused =>
  conflict(
    name,
    `StorageError: invalid object, Code: 4, Key: /registry/leases/${namespace}/${name}, ResourceVersion: 0, ` +
      `AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${found}`,
  );

export const unauthorized = (): Refused => new Refused(401, 'Unauthorized', 'Unauthorized');

export const forbidden = (user: string, verb: string, namespace: string, name: string | undefined): Refused =>
  new Refused(
    403,
    'Forbidden',
    `leases.${GROUP}${name === undefined ? '' : ` "${name}"`} is forbidden: User "${user}" cannot ${verb} resource "leases" ` +
      `in API group "${GROUP}" in the namespace "${namespace}"`,
    of(name),
  );

export const badRequest = (message: string): Refused => new Refused(400, 'BadRequest', message);

export const unsupportedMediaType = (message: string): Refused => new Refused(415, 'UnsupportedMediaType', message);

/** Errors that the server did not expect have no reason. */
export const unexpected = (message: string): Refused => new Refused(500, undefined, message);

export interface Cause {
  readonly field: string;
  readonly message: string;
}

export function invalid(name: string, causes: readonly Cause[], kind = 'Lease'): Refused {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const all = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
  const listed = causes.map(({ field, message }) => ({ reason: 'FieldValueInvalid', message, field }));
  return new Refused(422, 'Invalid', `${kind}.${GROUP} "${name}" is invalid: ${all}`, { ...of(name, kind), causes: listed });
}
