import { isIPv6 } from 'node:net'

/**
 * Whom to count a client's tries to: the address of IPv4; of IPv6 the /64, which is what one customer gets at least and
 * can move about in freely.
 */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address
  const [before = '', after = ''] = address.split('::')
  const [first, last] = [groupsOf(before), groupsOf(after)]
  // An IPv4 address at the end stands for two groups.
  const written = first.length + last.length + (address.includes('.') ? 1 : 0)
  const omitted = Array.from({ length: Math.max(0, 8 - written) }, () => '0')
  const prefix = [...first, ...omitted, ...last].slice(0, 4)
  return prefix.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':')
}
