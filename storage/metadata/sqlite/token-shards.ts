import { MARKS } from './token-marks.ts'

/**
 * What is private is looked for by people who may see little of it, and FTS5 cannot jump to a document in the list of a
 * token: it goes past all before it. So private documents have their tokens twice: as they are, for those who may see
 * (nearly) everything, and once more in a shard that their account belongs to, for everybody else, where lists are short
 * (docs/decisions/0014-the-search-index.md).
 */
const SHARDS = 1000

declare const shard: unique symbol

/** What a token begins with to say whose it is. No token as it is begins with this mark. */
export type TokenShard = string & { readonly [shard]: true }

/** Tokens as they are. */
export const UNSHARDED = '' as TokenShard

/** Where the private documents of an account are, with those of some others. */
export function shardOf(accountId: number): TokenShard {
  return `_${String(accountId % SHARDS).padStart(3, '0')}` as TokenShard
}

/** A token as it is written in a shard. Facets are not sharded: there are few documents of an account anyway. */
export function tokenIn(shard: TokenShard, token: string): string {
  return token.startsWith(MARKS.facet) ? token : shard + token
}
