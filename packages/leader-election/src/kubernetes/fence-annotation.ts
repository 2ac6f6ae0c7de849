import { StaleTokenError } from '../fencing/stale-token-error.ts';

/** Where the fencing token of the last write stands. */
export const FENCING_TOKEN = 'holdfast.dev/fencing-token';

/** As much of a Kubernetes object as is looked at; all of it is kept. */
export interface FencedObject {
  readonly metadata?: {
    readonly name?: string | undefined;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
    readonly annotations?: Readonly<Record<string, string>> | null | undefined;
  };
}

/** What is there after the stamp. */
export interface Fenced {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
}

/**
 * Stamps a Kubernetes object with the fencing token of the term that is about to write it, and refuses if a later term has written
 * it before. A leader that was paused while another one took over is so kept from undoing the other's work:
 *
 * 1. GET the object. 2. `fenced(object, term.token)`. 3. change it. 4. PUT it with the `metadata.resourceVersion` that was read.
 *
 * The comparison alone would not be enough, for the other's write may fall between 1 and 4. It is the resourceVersion that makes the
 * server refuse the PUT then (409): read again, and the comparison decides. Hence an object without a resourceVersion is taken only
 * if it has no uid either, as one that is to be created, where the server refuses a second of the same name; and a patch without a
 * resourceVersion in it is not protected by this.
 *
 * All who write the object as leaders must do so. Tokens are resourceVersions of the Lease: those of another cluster, or of one whose
 * etcd went back to a backup, cannot be compared with these.
 * @param object as read; it is not changed.
 * @param token of the term, `term.token`.
 * @returns a copy with the annotation `holdfast.dev/fencing-token`.
 * @throws {StaleTokenError} if the object carries a higher token.
 * @throws {TypeError} if it carries one that is no whole number, or was read and has no resourceVersion.
 */
export function fenced<T extends FencedObject>(object: T, token: bigint): T & Fenced {
  const { metadata = {} } = object;
  if (metadata.uid !== undefined && !metadata.resourceVersion) {
    throw new TypeError('fenced: the object was read and has no metadata.resourceVersion: its PUT would not be conditional');
  }
  const found = tokenIn(metadata.annotations?.[FENCING_TOKEN]);
  if (found !== undefined && found > token) throw new StaleTokenError(metadata.name ?? 'a Kubernetes object', token, found);
  return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, [FENCING_TOKEN]: String(token) } } };
}

function tokenIn(annotation: string | undefined): bigint | undefined {
  if (annotation === undefined) return undefined;
  if (/^\d+$/.test(annotation)) return BigInt(annotation);
  throw new TypeError(`fenced: the annotation ${FENCING_TOKEN} is ${JSON.stringify(annotation.slice(0, 80))}, which is no token`);
}
