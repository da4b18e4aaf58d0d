/** A time in milliseconds since the epoch, as the API shows it. */
export function showTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** The same of what may not have happened yet. */
export function showOptionalTime(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : showTime(milliseconds)
}
