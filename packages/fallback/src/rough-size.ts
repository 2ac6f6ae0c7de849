/** Of an object's own head, of a slot in it, of a number or reference: V8's words are 8 bytes, and an object has at least two. */
const WORD = 8;
const OBJECT = 2 * WORD;

/**
 * About how many bytes a value takes in memory: for plain data, strings, maps, sets, dates and buffers, within a factor of about two.
 * Strings count two bytes a unit, which half of them need; what occurs twice counts once. What cannot be seen from outside, such as
 * private fields, closures and what a native object holds, counts nothing. Getters are not called.
 * @param enough stops counting there, so that a value far too large does not take long.
 */
export function roughSize(value: unknown, enough: number = Number.POSITIVE_INFINITY): number {
  const seen = new Set<object>();
  const rest: unknown[] = [value];
  let bytes = 0;
  while (rest.length > 0 && bytes <= enough) {
    const one = rest.pop();
    if (typeof one !== 'object' || one === null) bytes += sizeOfPrimitive(one);
    else if (!seen.has(one)) {
      seen.add(one);
      bytes += OBJECT + bytesHeld(one);
      for (const part of partsOf(one)) rest.push(part);
    }
  }
  return bytes;
}

function sizeOfPrimitive(value: unknown): number {
  return typeof value === 'string' ? OBJECT + 2 * value.length : WORD;
}

function bytesHeld(value: object): number {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? value.byteLength : 0;
}

function* partsOf(value: object): Iterable<unknown> {
  if (ArrayBuffer.isView(value)) return;
  if (value instanceof Map) for (const entry of value) yield* entry;
  else if (value instanceof Set) yield* value;
  else if (Array.isArray(value)) yield* value;
  else yield* ownParts(value);
}

/** Names are shared between objects of one shape: a reference each. */
function* ownParts(value: object): Iterable<unknown> {
  for (const key of Reflect.ownKeys(value)) {
    yield 0;
    const own = Reflect.getOwnPropertyDescriptor(value, key);
    if (own !== undefined && 'value' in own) yield own.value;
  }
}
