/** What one process found out about one way of having many calls in flight. Times are of the main thread's processor, a call. */
export interface Figures {
  readonly bytes: number;
  readonly beginNs: number;
  /** What is left for the end of the event-loop turn the calls began in. */
  readonly turnNs: number;
  readonly endNs: number;
  /** When the time of all is over at once; `null` for what has no limit. */
  readonly expireNs: number | null;
}
