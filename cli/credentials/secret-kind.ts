/** What the registry made, by its beginning; everything else is a password. */
export type SecretKind = 'access-token' | 'robot-secret' | 'refresh-token' | 'invitation' | 'password'

/** Tells what a user has typed or piped in. */
export function secretKind(text: string): SecretKind {
  switch (/^kontor_(pat|robot|rt|inv)_/.exec(text)?.[1]) {
    case 'pat':
      return 'access-token'
    case 'robot':
      return 'robot-secret'
    case 'rt':
      return 'refresh-token'
    case 'inv':
      return 'invitation'
    default:
      return 'password'
  }
}
