/**
 * Lets many share one sync. A sync covers what was written before it started, so whoever comes while one is under way
 * waits for the next, together with all others who have come meanwhile.
 */
export class SharedSync {
  readonly #sync: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** @param sync makes durable what was written before it is called. Never called while it is under way. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync
  }

  /**
   * Resolves once everything that was written before this call is durable.
   * @throws what the sync throws, to everybody who waits for that one.
   */
  run(): Promise<void> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#start()
    const start = () => this.#start()
    this.#next = this.#running.then(start, start)
    return this.#next
  }

  /** Resolves once no sync is under way, whatever came of it. */
  async idle(): Promise<void> {
    for (let last = this.#last(); last !== undefined; last = this.#last()) await last.catch(() => undefined)
  }

  #last(): Promise<void> | undefined {
    return this.#next ?? this.#running
  }

  #start(): Promise<void> {
    this.#next = undefined
    this.#running = this.#sync().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }
}
