const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\p{Cc}]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const SCALAR =
  /"(?:[^"\\\p{Cc}]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY, COMMA, COLON] = [/\{/y, /\}/y, /\[/y, /\]/y, /,/y, /:/y]

/**
 * The line, from 1, on which a text stops being JSON. V8 tells the place for some mistakes only, and in other words with
 * each version.
 */
export function jsonErrorLine(text: string): number {
  let at = 0

  function take(pattern: RegExp): boolean {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }

  function takeItems(isItem: () => boolean, end: RegExp): boolean {
    take(SPACE)
    if (take(end)) return true
    do {
      if (!isItem()) return false
      take(SPACE)
    } while (take(COMMA))
    return take(end)
  }

  function takeMember(): boolean {
    take(SPACE)
    if (!take(STRING)) return false
    take(SPACE)
    return take(COLON) && takeValue()
  }

  function takeValue(): boolean {
    take(SPACE)
    if (take(SCALAR)) return true
    if (take(OPEN_OBJECT)) return takeItems(takeMember, CLOSE_OBJECT)
    return take(OPEN_ARRAY) && takeItems(takeValue, CLOSE_ARRAY)
  }

  // What follows a whole value is the mistake then.
  if (takeValue()) take(SPACE)
  return text.slice(0, at).split('\n').length
}
