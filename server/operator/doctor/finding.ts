/** What one look of `kontor doctor` came to. */
export interface Finding {
  /** What was looked at: `dns`, `certificate`, … */
  readonly check: string
  /** A warning is what will hurt one day; what failed keeps somebody from working now; what is skipped was not looked at. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly message: string
  /** What to change; null where nothing needs to be. */
  readonly advice: string | null
}

/** What a check tells: any number of findings, as they come, and in the end what the next checks need. */
export type Findings<Result = void> = AsyncGenerator<Finding, Result>

export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message: harmless(message), advice: null }
}

export function skipped(check: string, message: string): Finding {
  return { check, state: 'skipped', message: harmless(message), advice: null }
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, state: 'warning', message: harmless(message), advice: harmless(advice) }
}

export function failed(check: string, message: string, advice: string): Finding {
  return { check, state: 'failed', message: harmless(message), advice: harmless(advice) }
}

/** What a server says must not move the cursor, colour the screen or fill it. */
function harmless(text: string): string {
  return text.replace(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, ' ').slice(0, 1000)
}
