/** Why an archive is not taken. */
export type ArchiveRefusalKind =
  /** It is not what it should be: not an archive of images, damaged, or made to harm. */
  | 'invalid'
  /** More than the registry unpacks. */
  | 'too-large'
  /** Something that its images need is neither in it nor in the repository. */
  | 'incomplete'
  /** It cannot be told which image is meant, or which one a tag should get. */
  | 'ambiguous'
  /** As many archives are being read as there is memory for; later it may work. */
  | 'busy'

/** "This archive cannot be taken": says what is wrong with it, where, and what to do next. */
export class ArchiveRefusal extends Error {
  override readonly name = 'ArchiveRefusal'
  readonly kind: ArchiveRefusalKind

  constructor(kind: ArchiveRefusalKind, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.kind = kind
  }
}

/** Characters of a name that a message shows. */
const SHOWN_CHARACTERS = 100

/** A name out of an archive as a message shows it: short, quoted, and with nothing that would steer a terminal. */
export function showName(name: string): string {
  const short = name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}...` : name
  return JSON.stringify(short).replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** The first of a list that may be long: a sentence is for people. */
export function showNames(names: readonly string[], most = 10): string {
  const more = names.length - most
  return names.slice(0, most).map(showName).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
