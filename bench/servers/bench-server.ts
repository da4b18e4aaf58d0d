import type { Address } from '../load/connection.ts'
import type { KontorAccounts } from './kontor-accounts.ts'

/** The programs that are compared. */
export type Product = 'kontor' | 'distribution-3' | 'distribution-2' | 'zot'

/** A server under measurement: a process of its own, on loopback, with a data folder of its own. */
export interface BenchServer {
  readonly product: Product
  readonly address: Address
  readonly pid: number
  readonly dataDir: string
  /** Milliseconds from the start of the process to its first answer. */
  readonly startedInMs: number
  /**
   * What to send as `Authorization`, as docker does it: a token for some scopes.
   * @returns undefined where a server asks for none.
   */
  authorize(...scopes: string[]): Promise<string | undefined>
  /** The same for all repositories at once, as scripts do it: an access token, sent with each request. */
  logIn(): Promise<string | undefined>
  /** Where the server keeps the bytes of a blob. */
  blobFile(repository: string, digest: string): string
  /** Undefined for servers that know no accounts. */
  readonly accounts: KontorAccounts | undefined
  /** Ends it; the data folder stays if it was given, and is removed otherwise. */
  stop(): Promise<void>
}

/** A program that is installed here. */
export interface Installed {
  readonly product: Product
  /** With its version. */
  readonly label: string
  /** @param dataDir a folder to go on with; without one, a new one. */
  start(dataDir?: string): Promise<BenchServer>
}
