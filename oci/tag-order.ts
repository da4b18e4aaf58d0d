/** A version as image tags write it: `1.25`, `v2.0.1-rc.3`, `3.19.1-alpine`, `20240131`. */
const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:[-_+.]?(\D.*))?$/

/** A number in text, such that texts compare as the numbers do: how many digits it has, then the digits. */
function numberKey(digits: string): string {
  const significant = digits.replace(/^0+(?=\d)/, '')
  return String.fromCharCode('0'.charCodeAt(0) + Math.min(significant.length, 40)) + significant
}

function naturalKey(text: string): string {
  return text.replace(/\d+/g, numberKey)
}

/**
 * A text by which tags are sorted as people read them, ascending: names in natural order (`pr-9` before `pr-10`), then
 * versions as semver orders them (`1.9` before `1.10-rc.1` before `1.10`), then `latest`.
 * @see https://semver.org/#spec-item-11
 */
export function tagSortKey(tag: string): string {
  if (tag === 'latest') return '9'
  const version = VERSION.exec(tag)
  if (version === null) return `1${naturalKey(tag)}`
  const [, major = '0', minor = '0', patch = '0', build = '0', suffix = ''] = version
  const numbers = [major, minor, patch, build].map(numberKey).join('')
  // What has no suffix is the release itself, and comes after its release candidates.
  return `5${numbers}${suffix === '' ? '~' : naturalKey(suffix)}`
}
