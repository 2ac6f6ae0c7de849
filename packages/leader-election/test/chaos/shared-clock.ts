/** Milliseconds on the monotonic clock of the machine, which all of its processes read alike: what they did can be put in order. */
export const sharedNowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
