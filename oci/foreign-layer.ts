import type { Descriptor } from './descriptor.ts'
import { isNonDistributable } from './media-types.ts'

/** True for layers that are had from elsewhere and never pushed, Windows base layers for instance: nobody misses them here. */
export function isForeignLayer({ mediaType, urls = [] }: Descriptor): boolean {
  return urls.length > 0 || isNonDistributable(mediaType)
}
