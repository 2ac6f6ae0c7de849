import type { LeaseRecord } from '../lease.ts';
import type { LeaseObject } from './lease-object.ts';
import { microTime } from './micro-time.ts';

/** What a record has that a Lease has no field for. */
const TERM = 'holdfast.dev/term';
const RENEWAL = 'holdfast.dev/renewal';
const RANK = 'holdfast.dev/rank';
const HAND_OFF_TO = 'holdfast.dev/hand-off-to';
const DURATION_MS = 'holdfast.dev/duration-ms';
/**
 * The write these annotations belong to: uid, renewTime and holder of the Lease as they were then. Electors of other programs change
 * the spec and leave all annotations as they are (client-go does), and a Lease restored from a backup or made anew by a PUT has
 * another uid: the annotations are then those of a term that is over, and must not be taken for the present one. An operator's
 * `kubectl label` or `annotate` leaves the spec as it is, and the lease with its holder.
 */
const WRITTEN = 'holdfast.dev/written';

/** Stands for the uid in the write that creates a Lease: the server gives it one only then. */
const NEW = 'new';

export type Annotated = Pick<LeaseRecord, 'termId' | 'renewal' | 'rank' | 'handOffTo' | 'durationMs'>;

/** `others` with those of the record; an annotation that would be empty is left out. */
export function annotationsFor(
  others: Readonly<Record<string, string>>,
  uid: string | undefined,
  next: LeaseRecord,
): Record<string, string> {
  const annotations: Record<string, string> = {
    ...others,
    [TERM]: next.termId,
    [RENEWAL]: String(next.renewal),
    [RANK]: String(next.rank),
    [HAND_OFF_TO]: next.handOffTo,
    [DURATION_MS]: String(next.durationMs),
    [WRITTEN]: mark(uid ?? NEW, microTime(next.renewedAtMs), next.holder),
  };
  if (next.termId === '') delete annotations[TERM];
  if (next.handOffTo === '') delete annotations[HAND_OFF_TO];
  return annotations;
}

/** @returns what the annotations say of the lease as it is now, `undefined` if they say nothing, or something of another write. */
export function annotatedOf({ metadata, spec }: LeaseObject): Annotated | undefined {
  const annotations = metadata.annotations ?? {};
  const written = annotations[WRITTEN];
  const renewTime = spec?.renewTime ?? '';
  const holder = spec?.holderIdentity ?? '';
  if (written !== mark(metadata.uid ?? NEW, renewTime, holder) && written !== mark(NEW, renewTime, holder)) return undefined;
  const [renewal, rank, durationMs] = [RENEWAL, RANK, DURATION_MS].map((name) => Number(annotations[name] ?? Number.NaN));
  const numbers = { renewal: renewal!, rank: rank!, durationMs: durationMs! };
  if (!Object.values(numbers).every((value) => Number.isFinite(value) && value >= 0)) return undefined;
  return { ...numbers, termId: annotations[TERM] ?? '', handOffTo: annotations[HAND_OFF_TO] ?? '' };
}

const mark = (uid: string, renewTime: string, holder: string): string => `${uid} ${renewTime} ${holder}`;
