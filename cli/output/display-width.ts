const COMBINING = /\p{M}|\u200d|[\ufe00-\ufe0f]/u
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
/** What a server says must not move the cursor or colour the screen. */
const CONTROL = /\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu

/** How many cells of a terminal a text takes. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return width
}

/** A text in at most some cells, cut off at its end with an ellipsis. */
export function cutToWidth(text: string, cells: number): string {
  if (displayWidth(text) <= cells) return text
  let cut = ''
  let width = 0
  for (const character of text) {
    width += displayWidth(character)
    if (width > cells - 1) break
    cut += character
  }
  return `${cut}…`
}

/** A text in lines of at most some cells, broken at spaces only: what is one word can be copied as one. */
export function wrapWords(text: string, cells: number): readonly string[] {
  const [first = '', ...words] = text.split(' ')
  const lines = [first]
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`
    if (displayWidth(line) <= cells) lines[lines.length - 1] = line
    else lines.push(word)
  }
  return lines
}

/** A text from elsewhere, safe to show: control characters and changes of direction become spaces. */
export function harmless(text: string): string {
  return text.replace(CONTROL, ' ')
}

/** The same of a text with line ends and tabs, which stay. */
export function harmlessLines(text: string): string {
  return text.replace(CONTROL, (character) => (character === '\n' || character === '\t' ? character : ' '))
}
