import { Alarm } from '@holdfast/core';
import type { Clock, Random } from '@holdfast/core';
import type { Input } from './elector/inputs.ts';
import type { Lease } from './lease.ts';
import type { LeaseChange, LeaseStore } from './store.ts';

/** A stream that ended is begun again after a random part of this, doubled at each one in a row that did not last. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** What ends sooner did not last, whether it broke, or somebody on the way closes what stays open: begun anew at once it would cost more than polls. */
const LASTING_MS = 10_000;
/** A stream without a word by then does not stand, though nothing says so. */
const FIRST_WORD_MS = 30_000;
/** Where the watch is not allowed or not possible, somebody has to change something first. */
const HOPELESS_PAUSE_MS = 300_000;

export interface WatchTarget {
  readonly name: string;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** Keeps one stream of changes open, begins it again when it ends, and says whether there is one. */
export class Watch {
  readonly #target: WatchTarget;
  readonly #seen: () => Lease | undefined;
  readonly #report: (input: Input) => void;
  readonly #failed: (error: unknown) => void;
  readonly #alarm: Alarm = new Alarm(() => this.#ring());
  #stream: AbortController | undefined = undefined;
  #begunAtMs = 0;
  #running = false;
  /** Streams in a row that did not last. */
  #short = 0;

  /** @param seen gives the lease as last read, where the next stream begins. */
  constructor(
    target: WatchTarget,
    seen: () => Lease | undefined,
    report: (input: Input) => void,
    failed: (error: unknown) => void,
  ) {
    this.#target = target;
    this.#seen = seen;
    this.#report = report;
    this.#failed = failed;
  }

  /** Does nothing if it runs, or if the store cannot watch. */
  start(): void {
    if (this.#running || this.#target.store.watch === undefined) return;
    this.#running = true;
    this.#short = 0;
    this.#begin();
  }

  stop(): void {
    this.#running = false;
    this.#target.clock.disarm(this.#alarm);
    this.#stream?.abort();
    this.#stream = undefined;
  }

  /** Gives up a stream that says nothing any more, for another. */
  renew(): void {
    if (!this.#running || this.#stream === undefined) return;
    this.#stream.abort();
    this.#ended(this.#stream);
  }

  #ring(): void {
    if (this.#stream === undefined) return this.#begin();
    this.#stream.abort();
    this.#broke(this.#stream, new Error(`the watch said nothing within ${FIRST_WORD_MS / 1_000} s`));
  }

  #begin(): void {
    const { store, name, clock } = this.#target;
    const stream = new AbortController();
    this.#stream = stream;
    this.#begunAtMs = clock.now();
    clock.arm(this.#alarm, FIRST_WORD_MS);
    let up = false;
    const onChange = (change: LeaseChange): void => {
      if (this.#stream !== stream) return;
      if (!up) {
        up = true;
        clock.disarm(this.#alarm);
        this.#report({ type: 'watching', up: true });
      }
      this.#report(inputOf(change));
    };
    const watching = async (): Promise<void> => store.watch!(name, this.#seen(), onChange, stream.signal);
    watching().then(
      () => this.#ended(stream),
      (error: unknown) => this.#broke(stream, error),
    );
  }

  #broke(stream: AbortController, error: unknown): void {
    if (this.#stream !== stream) return;
    const { fault } = (error ?? {}) as { fault?: unknown };
    this.#failed(error);
    this.#ended(stream, fault === 'forbidden' || fault === 'invalid' ? HOPELESS_PAUSE_MS : 0);
  }

  #ended(stream: AbortController, atLeastMs = 0): void {
    if (this.#stream !== stream) return;
    this.#stream = undefined;
    const { clock, random } = this.#target;
    this.#short = clock.now() - this.#begunAtMs >= LASTING_MS ? 0 : this.#short + 1;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, this.#short - 1), LONGEST_PAUSE_MS);
    clock.arm(this.#alarm, Math.max(atLeastMs, pauseMs) * (0.5 + random() / 2));
    this.#report({ type: 'watching', up: false });
  }
}

function inputOf(change: LeaseChange): Input {
  switch (change.type) {
    case 'written':
      return { type: 'seen', lease: change.lease };
    case 'deleted':
      return { type: 'deleted', revision: change.revision };
    case 'hint':
      return { type: 'hinted' };
    case 'alive':
      return { type: 'heard' };
  }
}
