import type { BenchServer } from '../servers/bench-server.ts'

/** What a server was filled with so far: workloads that ask about the same content share it. */
export interface Stock {
  readonly server: BenchServer
  /** Makes something the first time it is asked for. */
  remember<T>(key: string, make: () => Promise<T>): Promise<T>
}

export function createStock(server: BenchServer): Stock {
  const made = new Map<string, Promise<unknown>>()
  return {
    server,
    remember<T>(key: string, make: () => Promise<T>): Promise<T> {
      const known = made.get(key) ?? make()
      made.set(key, known)
      // Whatever stands under a key was made by the one function that uses it.
      return known as Promise<T>
    },
  }
}
