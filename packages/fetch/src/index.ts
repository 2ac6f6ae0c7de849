export { resilientFetch, snapshotOf } from './resilient-fetch.ts';
export type { FetchSnapshot } from './snapshot.ts';
export type { AnyFetch, ResilientFetchOptions } from './options.ts';
export type { FetchCallSettings } from './call-settings.ts';
export { kindOfError, kindOfStatus } from './classify.ts';
export type { FetchClassify, FetchEnding } from './classify.ts';
export { reachOf } from './network-errors.ts';
export type { Reach } from './network-errors.ts';
