const MAX_LABELS = 100
const MAX_KEY_LENGTH = 200
const MAX_VALUE_LENGTH = 1000
/** Characters of all keys and values together. */
const MAX_LENGTH = 32 * 1024

type Labels = Readonly<Record<string, string>>

/**
 * Labels and annotations as far as they are kept beside the manifest that has them: those that are short, as many as
 * there is room for. Where several have a key, the first wins.
 */
export function boundedLabels(...sources: readonly Labels[]): Labels {
  const kept = new Map<string, string>()
  let length = 0
  for (const [key, value] of sources.flatMap((source) => Object.entries(source))) {
    const isShort = key.length <= MAX_KEY_LENGTH && value.length <= MAX_VALUE_LENGTH
    if (!isShort || kept.has(key) || kept.size >= MAX_LABELS) continue
    if (length + key.length + value.length > MAX_LENGTH) continue
    kept.set(key, value)
    length += key.length + value.length
  }
  return Object.fromEntries(kept)
}
