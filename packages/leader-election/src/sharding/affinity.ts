/**
 * How well a shard and a member go together: a whole number, the same on every machine, uniform and without structure. Of several
 * members the one with the greatest comes first, so each shard has an order of its own, which does not change when others come and go.
 * @see Thaler and Ravishankar, Using Name-Based Mappings to Increase Hit Rates (1998): rendezvous hashing
 */
export function affinity(shard: string, identity: string): number {
  const hash = fnv1a(`${shard} ${identity}`);
  // FNV alone leaves the last characters, where members and shards differ, in the low bits: MurmurHash3's mixer spreads them.
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** @see Fowler, Noll and Vo, The FNV Non-Cryptographic Hash Algorithm (RFC 9923): FNV-1a, here over UTF-16 units */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
