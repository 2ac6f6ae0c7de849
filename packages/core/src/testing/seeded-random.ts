import type { Random } from '../random.ts';

/**
 * A sequence that looks random and is the same for the same seed, on every machine and in every release. Uniform in [0, 1) in
 * steps of 2^-32, with a period of 2^128 - 1: good for simulations, not for secrets.
 * @param seed any string or number. Integers from 0 to 2^32 - 1 all give different sequences; other seeds are hashed to 32 bits.
 * @see Blackman and Vigna, Scrambled Linear Pseudorandom Number Generators (2021): xoshiro128**
 */
export function seededRandom(seed: number | string): Random {
  const word = splitMix32(typeof seed === 'number' && seed >>> 0 === seed ? seed : fnv1a(String(seed)));
  let a = word();
  let b = word();
  let c = word();
  let d = word(); // four different words, so not all are zero
  return () => {
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return (scrambled >>> 0) / 2 ** 32;
  };
}

/**
 * Stretches a small seed into words without visible structure, as the authors of xoshiro ask for. One to one: no two seeds give
 * the same first word.
 * @see Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators (OOPSLA 2014); the mixer is MurmurHash3's
 */
function splitMix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return mixed ^ (mixed >>> 16);
  };
}

/** @see Fowler, Noll and Vo, The FNV Non-Cryptographic Hash Algorithm (RFC 9923): FNV-1a, here over UTF-16 units */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
