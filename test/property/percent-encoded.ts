/** Percent-encoded, halves of characters as well, which encodeURIComponent refuses: servers get those too. */
export function percentEncoded(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0
      const isHalf = code >= 0xd800 && code <= 0xdfff
      return isHalf
        ? `%ED%${(0x80 | ((code >> 6) & 0x3f)).toString(16)}%${(0x80 | (code & 0x3f)).toString(16)}`
        : encodeURIComponent(character)
    })
    .join('')
}
