/** What is used of Node's `AsyncLocalStorage`; said here so that the package needs no types of Node's. */
export interface AsyncStorage<T> {
  run<R>(store: T, within: () => R): R;
  getStore(): T | undefined;
}

type AsyncStorageClass = new <T>() => AsyncStorage<T>;
interface Host {
  readonly process?: { getBuiltinModule?(id: string): { readonly AsyncLocalStorage: AsyncStorageClass } | undefined };
}

/** The class, where the platform has it. Asked for rather than imported, so that a browser can load the same file. */
export const AsyncLocalStorage: AsyncStorageClass | undefined = (globalThis as Host).process?.getBuiltinModule?.(
  'node:async_hooks',
)?.AsyncLocalStorage;
