import { MARKS } from './token-marks.ts'

/**
 * What is private is looked for by people who may see little of it, and FTS5 cannot jump to a document in the list of a
 * token: it goes past all before it. So tokens of private documents begin with the shard that their account belongs to,
 * and only the lists of a few shards are walked. 64 make these lists short enough, and few enough for those who may see
 * everything (docs/decisions/0014-the-search-index.md).
 */
const LETTERS = 'abcdefgh'

declare const shard: unique symbol

/** What a token begins with to say whose it is; nothing for what is public. */
export type TokenShard = string & { readonly [shard]: true }

export const PUBLIC_SHARD = '' as TokenShard

export const PRIVATE_SHARDS: readonly TokenShard[] = [...LETTERS].flatMap((first) =>
  [...LETTERS].map((second) => (first + second) as TokenShard),
)

/** Where the private documents of an account are. */
export function shardOf(accountId: number): TokenShard {
  return PRIVATE_SHARDS[accountId % PRIVATE_SHARDS.length] ?? PUBLIC_SHARD
}

/** A token as it is written in a shard. Facets are the same in all: there are few documents of an account anyway. */
export function tokenIn(shard: TokenShard, token: string): string {
  return token.startsWith(MARKS.facet) ? token : shard + token
}
