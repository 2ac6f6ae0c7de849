import { hub, Outcome, publish } from '@holdfast/core';
import type { CallContext, PolicyTraits, WrapperCall } from '@holdfast/core';
import { readKey } from './call-key.ts';
import { Flight } from './flight.ts';
import type { OfFlight } from './flight-events.ts';
import type { SingleFlight, SingleFlightSnapshot } from './single-flight.ts';
import { changedSingleFlight, readSingleFlight } from './single-flight-options.ts';
import type { SingleFlightOptions, SingleFlightSettings } from './single-flight-options.ts';

type Inside = (call?: CallContext) => Promise<unknown>;

/** What `singleFlight` makes: the runs under way, by key. */
export class Flights implements SingleFlight {
  readonly name: string;
  /** Those that calls may join. */
  readonly #flights = new Map<string, Flight>();
  /** All that have not ended: a forgotten one, too. */
  readonly #running = new Set<Flight>();
  #given: SingleFlightOptions;
  #settings: SingleFlightSettings;
  #runs = 0;
  #joined = 0;
  #abandoned = 0;
  #renewed = 0;

  constructor(options: SingleFlightOptions | undefined) {
    this.#settings = readSingleFlight(options);
    this.#given = { ...options };
    this.name = this.#settings.name;
  }

  async run<T>(operation: (call?: CallContext) => Promise<T>, call: WrapperCall): Promise<T> {
    const key = readKey(this.name, this.#settings.keyOf, call);
    const present = key === undefined ? undefined : this.#flights.get(key);
    if (key === undefined || present?.run.encloses(call) === true) return await operation();
    return (await this.#share(key, present, operation, call)) as T;
  }

  async #share(key: string, present: Flight | undefined, operation: Inside, call: WrapperCall): Promise<unknown> {
    if (present !== undefined) this.#join(key, present, call);
    let flight = present ?? this.#begin(key, operation, call);
    for (;;) {
      const outcome = await flight.share(call);
      this.#end(key, flight);
      if (this.#isFor(flight, outcome)) return this.#answer(flight, outcome, call);
      if (call.cancelled) throw call.reason;
      flight = this.#flights.get(key) ?? this.#renew(key, operation, call, outcome);
    }
  }

  #begin(key: string, operation: Inside, call: WrapperCall): Flight {
    this.#runs++;
    const flight = new Flight(call, operation);
    this.#flights.set(key, flight);
    this.#running.add(flight);
    flight.run.onCancel((reason) => {
      this.#abandoned++;
      this.#end(key, flight);
      if (hub.active) publish({ type: 'singleFlight.abandoned', ...this.#facts(key, call), reason });
    });
    return flight;
  }

  #end(key: string, flight: Flight): void {
    this.#running.delete(flight);
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }

  #join(key: string, { run, sharing }: Flight, call: WrapperCall): void {
    this.#joined++;
    call.note(this.name, 'joined');
    if (!hub.active) return;
    publish({ type: 'singleFlight.joined', ...this.#facts(key, call), runId: run.id, sharing: sharing + 1 });
  }

  #renew(key: string, operation: Inside, call: WrapperCall, { error }: Outcome): Flight {
    this.#renewed++;
    if (hub.active) publish({ type: 'singleFlight.renewed', ...this.#facts(key, call), error });
    return this.#begin(key, operation, call);
  }

  /** Whether a run's ending ends this call, too. */
  #isFor(flight: Flight, { kind, threw }: Outcome): boolean {
    if (!threw && kind !== 'failure') return true;
    return (this.#settings.shareFailures && kind !== 'cancelled') || flight.claim();
  }

  #answer(flight: Flight, outcome: Outcome, call: WrapperCall): unknown {
    const { clone } = this.#settings;
    call.innerOutcome = outcome;
    if (outcome.threw) throw outcome.error;
    if (!flight.take() || clone === undefined) return outcome.value;
    const { kind, durationMs } = outcome;
    try {
      const value = clone(outcome.value);
      call.innerOutcome = new Outcome(kind, false, value, undefined, durationMs);
      return value;
    } catch (error) {
      call.innerOutcome = Outcome.thrown(error, 'ignored');
      throw error;
    }
  }

  #facts(key: string, { id: callId, pipeline, clock }: WrapperCall): OfFlight {
    return { at: clock.now(), callId, pipeline, policy: this.name, key };
  }

  forget(key: string): void {
    this.#flights.delete(key);
  }

  snapshot(): SingleFlightSnapshot {
    return {
      policy: this.name,
      kind: 'singleFlight',
      keys: this.#flights.size,
      waiting: [...this.#running].reduce((sum, { sharing }) => sum + sharing, 0),
      runs: this.#runs,
      joined: this.#joined,
      abandoned: this.#abandoned,
      renewed: this.#renewed,
    };
  }

  /** A call may have to wait for as many failed runs as there are calls before it. */
  traits(): PolicyTraits {
    return this.#settings.shareFailures ? {} : { waitMs: Number.POSITIVE_INFINITY };
  }

  prepareUpdate(options: SingleFlightOptions): () => void {
    const given = changedSingleFlight(this.#given, options);
    const settings = readSingleFlight(given);
    return () => {
      this.#given = given;
      this.#settings = settings;
    };
  }
}
