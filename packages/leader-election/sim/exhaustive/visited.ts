/** Two 32-bit numbers that stand for a state. With n states seen, the chance that any two differ and are taken for one is n² / 2^65. */
export interface Key {
  high: number;
  low: number;
}

const KEYS_AT_FIRST = 1 << 16;

/** Remembers of each state how many steps there were left when it was looked into: 9 bytes a state, half of them filled. */
export class Visited {
  size = 0;
  #keys = new Int32Array(2 * KEYS_AT_FIRST);
  /** Steps left + 1; 0 for an empty place. */
  #left = new Uint8Array(KEYS_AT_FIRST);

  /** @returns whether this state has to be looked into: it is new, or was seen only nearer to the end of a path. */
  isNews(key: Key, stepsLeft: number): boolean {
    if (2 * this.size >= this.#left.length) this.#grow();
    const place = this.#placeOf(key.high, key.low);
    const known = this.#left[place]!;
    if (known > stepsLeft) return false;
    if (known === 0) this.size += 1;
    this.#keys[2 * place] = key.high;
    this.#keys[2 * place + 1] = key.low;
    this.#left[place] = stepsLeft + 1;
    return true;
  }

  #placeOf(high: number, low: number): number {
    const mask = this.#left.length - 1;
    let place = low & mask;
    while (this.#left[place] !== 0 && (this.#keys[2 * place] !== high || this.#keys[2 * place + 1] !== low))
      place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [keys, left] = [this.#keys, this.#left];
    this.#keys = new Int32Array(2 * keys.length);
    this.#left = new Uint8Array(2 * left.length);
    left.forEach((steps, from) => {
      if (steps === 0) return;
      const place = this.#placeOf(keys[2 * from]!, keys[2 * from + 1]!);
      this.#keys[2 * place] = keys[2 * from]!;
      this.#keys[2 * place + 1] = keys[2 * from + 1]!;
      this.#left[place] = steps;
    });
  }
}

/** Mixes numbers into a key, in order. */
export class Mixer {
  #high = 0;
  #low = 0;

  begin(): void {
    this.#high = 0x2545f491;
    this.#low = 0x6c078965;
  }

  add(value: number): void {
    const high = Math.imul(this.#high ^ value, 0x85ebca6b);
    this.#high = (high ^ (high >>> 15)) + this.#low;
    const low = Math.imul(this.#low ^ (value + 0x9e3779b9), 0xc2b2ae35);
    this.#low = (low ^ (low >>> 13)) + Math.imul(this.#high, 5);
  }

  end(): Key {
    for (let round = 0; round < 4; round++) this.add(round);
    return { high: this.#high | 0, low: this.#low | 0 };
  }
}
