/**
 * The smallest programs that do what any pipeline must, without a policy, an option or an object of their own but one: what they cost is
 * what V8 asks for, and nobody's arithmetic can go below it.
 *
 * Something must be done when the call has ended (a permit given back), whichever way it ended; a time limit must be able to end
 * it while the operation goes on; and the stack of an error made in the operation must lead to the caller. V8 follows promises back
 * only through those with a single reaction, which is an `await`, a promise's own resolving function, or a handler whose
 * promise is what the next one waits for.
 */
export type Program = (operation: () => Promise<number>) => Promise<number>;

/** The one object: what a pipeline knows of the call. */
class Call {
  ended = 0;
  reject: ((error: Error) => void) | undefined = undefined;
}

/** A handler on the operation's promise. */
export const handled: Program = (operation) => {
  const call = new Call();
  return operation().then(
    (value) => {
      call.ended++;
      return value;
    },
    (error: unknown) => {
      call.ended++;
      throw error;
    },
  );
};

/** The same as an async function. */
export const awaited: Program = async (operation) => {
  const call = new Call();
  try {
    return await operation();
  } finally {
    call.ended++;
  }
};

/** A promise that a time limit could reject, and a handler on that. */
export const raced: Program = (operation) => {
  const call = new Call();
  const pending = operation();
  return new Promise<number>((resolve, reject) => {
    call.reject = reject;
    pending.then(resolve, reject);
  }).then(
    (value) => {
      call.ended++;
      return value;
    },
    (error: unknown) => {
      call.ended++;
      throw error;
    },
  );
};

/** The same as an async function. */
export const racedAwaited: Program = async (operation) => {
  const call = new Call();
  const pending = operation();
  try {
    return await new Promise<number>((resolve, reject) => {
      call.reject = reject;
      pending.then(resolve, reject);
    });
  } finally {
    call.ended++;
  }
};

/** One promise less, and the stack of an error no longer leads to the caller. */
export const racedWithoutStack: Program = (operation) => {
  const call = new Call();
  const pending = operation();
  return new Promise<number>((resolve, reject) => {
    call.reject = reject;
    pending.then(
      (value) => {
        call.ended++;
        resolve(value);
      },
      (error: unknown) => {
        call.ended++;
        reject(error);
      },
    );
  });
};
