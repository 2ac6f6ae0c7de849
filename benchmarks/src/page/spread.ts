/** One thing along an axis: where its middle would like to be, and the room it takes. */
interface Wish {
  readonly at: number;
  readonly height: number;
}

/**
 * Middles near what was wished for, in the order of the wishes, so that nothing overlaps: things that touch form a pile, and a pile
 * stands where its members would have to move least on the whole. All stay between `top` and `bottom` if there is room for them.
 */
export function spread(wishes: readonly Wish[], top: number, bottom: number): number[] {
  const order = wishes.map((wish, index) => ({ ...wish, index })).sort((a, b) => a.at - b.at || a.index - b.index);
  const piles: { members: typeof order; start: number; height: number }[] = [];
  for (const wish of order) {
    let pile = pileOf([wish], top, bottom);
    for (let before = piles.at(-1); before !== undefined && before.start + before.height > pile.start; before = piles.at(-1)) {
      pile = pileOf([...before.members, ...pile.members], top, bottom);
      piles.pop();
    }
    piles.push(pile);
  }
  const middles = new Array<number>(wishes.length).fill(0);
  for (const { members, start } of piles) {
    let edge = start;
    for (const { index, height } of members) {
      middles[index] = edge + height / 2;
      edge += height;
    }
  }
  return middles;
}

function pileOf<T extends Wish>(
  members: readonly T[],
  top: number,
  bottom: number,
): { members: T[]; start: number; height: number } {
  let height = 0;
  let wished = 0;
  for (const member of members) {
    wished += member.at - member.height / 2 - height;
    height += member.height;
  }
  const start = Math.max(top, Math.min(wished / members.length, bottom - height));
  return { members: [...members], start, height };
}
