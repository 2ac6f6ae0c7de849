import type { Program } from './programs.ts';

/**
 * The smallest programs that do what the standard seven must on a call that succeeds, and nothing else: no option can be changed, nobody
 * can subscribe, no error carries a trail, nothing is retried or cancelled by its caller. The arithmetic of the policies is all there, for it is
 * what they are for: permits taken and given back, calls counted (in a window that never moves), a retry budget filled, two limits of time
 * linked into a list of timers and out of it again.
 *
 * A limit could end the call while its operation goes on, and the stack of an error leads to the caller, as in `raced`.
 */

/** A timer in a list; the list is one, too. */
class Limit {
  previous: Limit = this;
  next: Limit = this;
  call: Call | undefined;
  readonly ms: number;

  constructor(call: Call | undefined, ms: number) {
    this.call = call;
    this.ms = ms;
  }

  link(list: Limit): void {
    const last = list.previous;
    this.previous = last;
    this.next = list;
    last.next = this;
    list.previous = this;
  }

  unlink(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
  }
}

const timers = new Limit(undefined, 0);

class Call {
  value: unknown = undefined;
  error: unknown = undefined;
  failed = false;
  deadline: Limit | undefined = undefined;
  timeout: Limit | undefined = undefined;
  reject: ((error: Error) => void) | undefined = undefined;
}

/** What a pipeline may be made of, in the order its user chose. */
interface Guard {
  enter?(call: Call): void;
  exit?(call: Call): void;
}

class Fallback implements Guard {
  answered = 0;

  exit(call: Call): void {
    if (!call.failed) return;
    call.failed = false;
    call.value = 0;
    this.answered++;
  }
}

class Deadline implements Guard {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  enter(call: Call): void {
    call.deadline = new Limit(call, this.ms);
    call.deadline.link(timers);
  }

  exit(call: Call): void {
    call.deadline!.unlink();
  }
}

class Timeout implements Guard {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  enter(call: Call): void {
    call.timeout = new Limit(call, this.ms);
    call.timeout.link(timers);
  }

  exit(call: Call): void {
    call.timeout!.unlink();
  }
}

class Bulkhead implements Guard {
  inFlight = 0;
  readonly #concurrency: number;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  enter(): void {
    if (this.inFlight >= this.#concurrency) throw new Error('full');
    this.inFlight++;
  }

  exit(): void {
    this.inFlight--;
  }
}

class Retry implements Guard {
  tokens = 0;

  exit(call: Call): void {
    if (!call.failed) this.tokens = Math.min(100, this.tokens + 0.1);
  }
}

class Breaker implements Guard {
  open = false;
  failures = 0;
  readonly #calls: number[] = new Array<number>(10).fill(0);
  readonly #failures: number[] = new Array<number>(10).fill(0);
  #slot = 0;

  enter(): void {
    if (this.open) throw new Error('open');
  }

  exit(call: Call): void {
    this.#calls[this.#slot]!++;
    if (!call.failed) return;
    this.#failures[this.#slot]!++;
    this.open = ++this.failures > 10;
  }
}

const guards: readonly Guard[] = [
  new Fallback(),
  new Deadline(5_000),
  new Bulkhead(1_000),
  new Retry(),
  new Breaker(),
  new Bulkhead(10),
  new Timeout(500),
];

/** Methods are looked up once: by name, at every call, they would take a third of a bare call longer. */
interface Step {
  readonly guard: Guard;
  readonly method: (call: Call) => void;
}

const stepsOf = (name: 'enter' | 'exit'): Step[] =>
  guards.flatMap((guard) => {
    const method = guard[name];
    return method === undefined ? [] : [{ guard, method }];
  });

const enters = stepsOf('enter');
const exits = stepsOf('exit').toReversed();

function take(steps: readonly Step[], call: Call): void {
  for (const { guard, method } of steps) method.call(guard, call);
}

function ended(call: Call): number {
  take(exits, call);
  if (call.failed) throw call.error;
  return call.value as number;
}

const race = (call: Call, pending: Promise<number>): Promise<number> =>
  new Promise((resolve, reject) => {
    call.reject = reject;
    pending.then(resolve, reject);
  });

/** A list of policies: what any pipeline is that can be put together of what its user wants. */
export const listed: Program = (operation) => {
  const call = new Call();
  take(enters, call);
  return race(call, operation()).then(
    (value) => {
      call.value = value;
      return ended(call);
    },
    (error: unknown) => {
      call.failed = true;
      call.error = error;
      return ended(call);
    },
  );
};

const fallback = new Fallback();
const deadline = new Deadline(5_000);
const shed = new Bulkhead(1_000);
const retry = new Retry();
const breaker = new Breaker();
const bulkhead = new Bulkhead(10);
const timeout = new Timeout(500);

function endedTogether(call: Call): number {
  timeout.exit(call);
  bulkhead.exit();
  breaker.exit(call);
  retry.exit(call);
  shed.exit();
  deadline.exit(call);
  fallback.exit(call);
  if (call.failed) throw call.error;
  return call.value as number;
}

/** The same seven written out one after the other, for V8 to make one function of: what code made for this one pipeline would come to. */
export const writtenOut: Program = (operation) => {
  const call = new Call();
  deadline.enter(call);
  shed.enter();
  breaker.enter();
  bulkhead.enter();
  timeout.enter(call);
  return race(call, operation()).then(
    (value) => {
      call.value = value;
      return endedTogether(call);
    },
    (error: unknown) => {
      call.failed = true;
      call.error = error;
      return endedTogether(call);
    },
  );
};
