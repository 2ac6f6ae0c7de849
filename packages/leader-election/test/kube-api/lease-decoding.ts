import { badRequest, invalid, unsupportedMediaType } from './statuses.ts';
import type { Cause } from './statuses.ts';

/** A Lease out of a request. */
export interface Sent {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Fields that are no part of the API are dropped without a word. `strategy` and `preferredHolder` came in 1.31. */
const TEXT_FIELDS = ['holderIdentity', 'strategy', 'preferredHolder'];
const NUMBER_FIELDS = ['leaseDurationSeconds', 'leaseTransitions'];
const TIME_FIELDS = ['acquireTime', 'renewTime'];
const METADATA_FIELDS = ['name', 'namespace', 'uid', 'resourceVersion', 'labels', 'annotations'];

export function leaseIn(body: string, contentType: string): Sent {
  if (!/^application\/json\s*(;|$)/.test(contentType)) {
    throw unsupportedMediaType(
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    );
  }
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(body) as Record<string, unknown>;
  } catch {
    throw badRequest(
      `the object provided is unrecognized (must be of type Lease): couldn't get version/kind; json parse error: unexpected end of JSON input (${body})`,
    );
  }
  const { kind = 'Lease', metadata = {}, spec } = object;
  if (kind !== 'Lease') {
    throw badRequest(
      `${String(kind)} in version "v1" cannot be handled as a Lease: converting (v1.${String(kind)}) to (coordination.Lease): unknown conversion`,
    );
  }
  return {
    metadata: decodedMetadata(metadata as Record<string, unknown>),
    spec: decodedSpec((spec ?? {}) as Record<string, unknown>),
  };
}

function decodedMetadata(metadata: Record<string, unknown>): Record<string, unknown> {
  const known = METADATA_FIELDS.filter((field) => metadata[field] !== undefined && metadata[field] !== null);
  return Object.fromEntries(known.map((field) => [field, metadata[field]]));
}

export function decodedSpec(spec: Record<string, unknown>): Record<string, unknown> {
  const fields = [...TEXT_FIELDS, ...NUMBER_FIELDS, ...TIME_FIELDS];
  const known = fields.filter((field) => spec[field] !== undefined && spec[field] !== null);
  return Object.fromEntries(known.map((field) => [field, decoded(field, spec[field])]));
}

function decoded(field: string, value: unknown): unknown {
  if (TIME_FIELDS.includes(field)) return decodedTime(value, (why) => undecodable(field, why));
  if (TEXT_FIELDS.includes(field) && typeof value !== 'string') throw undecodable(field, 'ReadString: expects " or n');
  if (!NUMBER_FIELDS.includes(field)) return value;
  if (typeof value !== 'number') throw undecodable(field, 'readUint32: unexpected character: \uFFFD');
  if (!Number.isInteger(value)) throw undecodable(field, 'assertInteger: can not decode float as int');
  return value;
}

function undecodable(field: string, why: string): Error {
  const name = field[0]!.toUpperCase() + field.slice(1);
  return badRequest(
    `Lease in version "v1" cannot be handled as a Lease: v1.Lease.Spec: v1.LeaseSpec.${name}: ${why}, error found in #10 byte of ...||..., bigger context ...||...`,
  );
}

const LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

/** MicroTime: six digits of fraction and a zone, neither more nor less; given back in UTC. */
export function decodedTime(value: unknown, refuse: (why: string) => Error): string {
  if (typeof value !== 'string') throw refuse('unmarshalerDecoder: json: cannot unmarshal number into Go value of type string');
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})[.,](\d{6})(Z|[+-]\d{2}:\d{2})$/.exec(value);
  const why = `unmarshalerDecoder: parsing time "${value}"`;
  if (parts === null) throw refuse(`${why} as "${LAYOUT}": ${unparsed(value)}`);
  const [, day, time, micros, zone] = parts;
  const utcMs = Date.parse(`${day}T${time}Z`);
  if (Number.isNaN(utcMs) || !new Date(utcMs).toISOString().startsWith(day!)) throw refuse(`${why}: day out of range`);
  return new Date(Date.parse(`${day}T${time}${zone}`)).toISOString().replace('.000Z', `.${micros}Z`);
}

/** What Go says of the part where it stopped. */
function unparsed(value: string): string {
  const fits: readonly (readonly [RegExp, string])[] = [
    [/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[.,]\d{6}/, 'Z07:00'],
    [/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/, '.000000'],
    [/^\d{4}-\d{2}-\d{2}/, 'T'],
    [/^/, '2006'],
  ];
  const [start, wanted] = fits.find(([fit]) => fit.test(value))!;
  return `cannot parse "${value.replace(start, '')}" as "${wanted}"`;
}

export function validate(name: string, { spec }: Sent): void {
  const causes: Cause[] = [];
  const wrong = (field: string, value: unknown, why: string): void => {
    causes.push({
      field,
      message: `Invalid value: ${typeof value === 'string' ? JSON.stringify(value) : String(value)}: ${why}`,
    });
  };
  const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
  if (!new RegExp(`^${label}(\\.${label})*$`).test(name)) {
    const rule =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    wrong('metadata.name', name, `${rule} (e.g. 'example.com', regex used for validation is '${label}(\\.${label})*')`);
  }
  const {
    leaseDurationSeconds = 1,
    leaseTransitions = 0,
    preferredHolder,
    strategy,
  } = spec as Record<string, number | undefined>;
  if (leaseDurationSeconds <= 0) wrong('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0');
  if (leaseTransitions < 0) wrong('spec.leaseTransitions', leaseTransitions, 'must to greater or equal than 0');
  if (preferredHolder !== undefined && strategy === undefined) {
    wrong('spec.preferredHolder', preferredHolder, 'preferredHolder cannot be specified without strategy');
  }
  if (causes.length > 0) throw invalid(name, causes);
}
