import type { BareServer } from '../machine/start-bare-server.ts'
import type { Installed, Product } from '../servers/bench-server.ts'
import type { Stock } from '../stock/stock.ts'

/** How much a server is filled with: what any of them can be filled with by its API, or many times as much. */
export type Size = 'some' | 'many'

/** What a row of the table counts. For `per s` and `MB/s` more is better, for the others less. */
export type Unit = 'per s' | 'MB/s' | 'ms' | 'MiB' | 'fsyncs' | 'times'

/** What must be reached. */
export type Target =
  /** So many times as good as Distribution 3 in the same run; and better than every other peer. */
  | { readonly kind: 'ratio'; readonly atLeast: number }
  /** A value of Kontor's own: of the last of its columns, where there is one for many. */
  | { readonly kind: 'at-least' | 'at-most'; readonly value: number }
  /** This share of what a server does that does nothing but send. */
  | { readonly kind: 'of-bare'; readonly percent: number }
  /** With many times as much stored, it may cost so many times as much. */
  | { readonly kind: 'flat'; readonly atMost: number }

/** A piece of work that is measured again and again. */
export interface Prepared {
  /** Does it once, checks every answer, and says how fast it was, in the workload's unit. */
  run(): Promise<number>
  /** Puts away what was prepared. */
  close?(): Promise<void> | void
}

/** What is there to be measured. */
export interface Candidate {
  readonly installed: Installed
  /** A running server and what it was filled with. */
  readonly stock: Stock
}

/** A row of the table. */
export interface Workload {
  /** By which it is asked for on the command line. */
  readonly name: string
  readonly title: string
  readonly unit: Unit
  /** Products that offer nothing of the kind. */
  readonly notOfferedBy?: readonly Product[]
  /** Whether it is about servers that it starts by itself, and not about the one that is running. */
  readonly startsItself?: boolean
  /** Whether Kontor is measured once more with many times as much stored. */
  readonly alsoWithMany?: boolean
  readonly targets: readonly Target[]
  /** Fills the server with what is needed, if it is not there yet, and connects. */
  prepare(candidate: Candidate, size: Size): Promise<Prepared>
  /** The same work by a server that does nothing else. */
  prepareBare?(bare: BareServer): Promise<Prepared>
}
