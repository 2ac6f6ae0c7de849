import { hub, Outcome, publish, reportFault } from '@holdfast/core';
import type { CallContext, PolicyTraits, WrapperCall } from '@holdfast/core';
import { checkFixed, withChanges } from '@holdfast/core/options';
import { readKey } from './call-key.ts';
import { copyOf } from './copy.ts';
import { Flight } from './flight.ts';
import type { OfFlight } from './flight-events.ts';
import type { SingleFlight, SingleFlightSnapshot } from './single-flight.ts';
import { FIXED, readSingleFlight } from './single-flight-options.ts';
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
  #unkeyed = 0;

  constructor(options: SingleFlightOptions | undefined) {
    this.#settings = readSingleFlight(options);
    this.#given = { ...options };
    this.name = this.#settings.name;
  }

  async run<T>(operation: (call?: CallContext) => Promise<T>, call: WrapperCall): Promise<T> {
    const key = readKey(this.name, this.#settings.keyOf, call);
    if (key === undefined) {
      this.#unkeyed++;
      return await operation();
    }
    const present = this.#joinable(key);
    if (present?.run.encloses(call) === true) return await operation();
    return (await this.#share(key, present, operation, call)) as T;
  }

  async #share(key: string, present: Flight | undefined, operation: Inside, call: WrapperCall): Promise<unknown> {
    let flight = present ?? this.#begin(key, operation, call);
    let ending = flight.share(call); // before anybody hears of it, who might end the run, or begin one
    if (present !== undefined) this.#tellJoined(key, flight, call);
    for (;;) {
      const outcome = await ending;
      this.#end(key, flight);
      if (this.#isFor(flight, outcome)) return this.#answer(flight, outcome, call);
      if (call.cancelled) throw call.reason;
      const next = this.#joinable(key);
      flight = next ?? this.#begin(key, operation, call);
      ending = flight.share(call);
      if (next === undefined) this.#tellRenewed(key, call, outcome);
    }
  }

  /** Not one that is cancelled, be it that not all have heard of it yet. */
  #joinable(key: string): Flight | undefined {
    const flight = this.#flights.get(key);
    return flight?.run.cancelled === true ? undefined : flight;
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

  #tellJoined(key: string, { run, sharing }: Flight, call: WrapperCall): void {
    this.#joined++;
    call.note(this.name, 'joined');
    if (!hub.active) return;
    publish({ type: 'singleFlight.joined', ...this.#facts(key, call), runId: run.id, sharing });
  }

  #tellRenewed(key: string, call: WrapperCall, { error }: Outcome): void {
    this.#renewed++;
    if (hub.active) publish({ type: 'singleFlight.renewed', ...this.#facts(key, call), error });
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
      const value = copyOf(outcome.value, clone);
      call.innerOutcome = new Outcome(kind, false, value, undefined, durationMs);
      return value;
    } catch (error) {
      reportFault(call.clock, call, this.name, error);
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
      unkeyed: this.#unkeyed,
    };
  }

  /** A call may have to wait for as many failed runs as there are calls before it. */
  traits(): PolicyTraits {
    return this.#settings.shareFailures ? {} : { waitMs: Number.POSITIVE_INFINITY };
  }

  prepareUpdate(options: object): () => void {
    const given = withChanges(this.name, this.#given, options);
    const settings = readSingleFlight(given);
    checkFixed(this.name, this.#settings, settings, FIXED);
    return () => {
      this.#given = given;
      this.#settings = settings;
    };
  }
}
