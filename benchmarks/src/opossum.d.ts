declare module 'opossum' {
  export default class CircuitBreaker<Args extends unknown[], T> {
    constructor(action: (...args: Args) => Promise<T>, options?: { timeout?: number | false });
    fire(...args: Args): Promise<T>;
  }
}
