/** Options of a Bottleneck job. */
export interface BottleneckJobOptions {
  readonly priority: number;
  readonly weight: number;
  readonly expiration: number | null;
  readonly id?: string;
}

/** What is used of a `Bottleneck` limiter, local or clustered, or one of a `Group`; instances of version 2.19 fit as they are. */
export interface BottleneckInstance {
  schedule(options: BottleneckJobOptions, task: (job: unknown) => PromiseLike<unknown>, job: unknown): PromiseLike<unknown>;
  on(event: 'dropped', listener: (dropped: { readonly args: readonly unknown[] }) => void): unknown;
  counts(): { readonly RECEIVED: number; readonly QUEUED: number; readonly RUNNING: number; readonly EXECUTING: number };
}
