/** In which order so many keys are used: gives the next index. All are cheap, for they are measured along. */
export const ORDERS = {
  'at random': (keys: number) => {
    let state = 1;
    return (): number => {
      state = (state * 48_271) % 2_147_483_647; // Park and Miller's minimal standard generator
      return state % keys;
    };
  },
  'in turn': (keys: number) => {
    let index = -1;
    return (): number => (index = (index + 1) % keys);
  },
  'ten of them': (keys: number) => {
    const few = Math.min(10, keys);
    let index = -1;
    return (): number => (index = (index + 1) % few);
  },
} as const satisfies Record<string, (keys: number) => () => number>;

export type Order = keyof typeof ORDERS;
