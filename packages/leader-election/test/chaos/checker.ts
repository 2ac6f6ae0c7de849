import type { Attempt, Journal, Stretch } from './journal.ts';

/** @returns what must never happen and did, in words; nothing where all is well. */
export function violations({ attempts, stretches }: Journal): string[] {
  return [...backwards(attempts), ...shared(attempts), ...overlaps(attempts), ...outOfOrder(stretches), ...twice(stretches)];
}

/** A resource that has accepted a token accepts no lower one. */
function backwards(attempts: readonly Attempt[]): string[] {
  let highest = 0n;
  return attempts.flatMap(({ accepted, token, member }) => {
    if (!accepted) return [];
    if (token < highest) return [`${member} wrote under ${token} after a write under ${highest}`];
    highest = token;
    return [];
  });
}

function shared(attempts: readonly Attempt[]): string[] {
  const owners = new Map<bigint, string>();
  const strangers = attempts.filter(({ token, member }) => {
    if (!owners.has(token)) owners.set(token, member);
    return owners.get(token) !== member;
  });
  return unique(strangers.map(({ token, member }) => `the token ${token} is ${owners.get(token)}'s and ${member}'s`));
}

/** From the first assertion of a term to its last, as narrow as they can have been. */
interface Span {
  readonly member: string;
  readonly token: bigint;
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * No term's assertion passes after one of a later term has passed. An assertion passed somewhere between the two readings of the
 * clock around it: a process that was stopped in between is given the benefit of all of that, and nothing beyond.
 */
function overlaps(attempts: readonly Attempt[]): string[] {
  let before: Span | undefined;
  return spansOf(attempts).flatMap((span) => {
    const earlier = before;
    if (earlier === undefined || span.lastMs > earlier.lastMs) before = span;
    if (earlier === undefined || earlier.lastMs <= span.firstMs) return [];
    const byMs = (earlier.lastMs - span.firstMs).toFixed(1);
    return [`${earlier.member} (${earlier.token}) passed the assertion ${byMs} ms after ${span.member} (${span.token}) had`];
  });
}

/** In the order of their tokens. */
function spansOf(attempts: readonly Attempt[]): Span[] {
  const terms = Map.groupBy(attempts, ({ token }) => token);
  const spans = [...terms].map(([token, passed]) => ({
    member: passed[0]!.member,
    token,
    firstMs: Math.min(...passed.map(({ toMs }) => toMs)),
    lastMs: Math.max(...passed.map(({ fromMs }) => fromMs)),
  }));
  return spans.sort((a, b) => (a.token < b.token ? -1 : 1));
}

/** The terms of a member have tokens that grow. Over all members that follows from the order of their assertions. */
function outOfOrder(stretches: readonly Stretch[]): string[] {
  return pairs(stretches).flatMap(([one, next]) =>
    next.token > one.token ? [] : [`${next.member} had the token ${next.token} after ${one.token}`],
  );
}

/** Work of one term has settled before that of the next begins. */
function twice(stretches: readonly Stretch[]): string[] {
  return pairs(stretches).flatMap(([one, next]) =>
    one.settledMs !== undefined && one.settledMs <= next.beganMs
      ? []
      : [`${next.member} began ${next.token} while ${one.token} went on`],
  );
}

/** Each stretch of a member with its next one. */
function pairs(stretches: readonly Stretch[]): (readonly [Stretch, Stretch])[] {
  return [...Map.groupBy(stretches, ({ member }) => member).values()].flatMap((own) =>
    own.slice(1).map((next, index) => [own[index]!, next] as const),
  );
}

const unique = (lines: readonly string[]): string[] => [...new Set(lines)];
