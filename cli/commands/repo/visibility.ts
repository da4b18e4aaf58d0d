/** Flags of which at most one is given. */
export interface VisibilityOptions {
  readonly public?: boolean
  readonly private?: boolean
}

/** Undefined when neither flag is given. */
export function readVisibility(options: VisibilityOptions): 'public' | 'private' | undefined {
  if (options.public) return 'public'
  return options.private ? 'private' : undefined
}
