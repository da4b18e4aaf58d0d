import { blobGetFour, blobGetOne } from './blob-get.ts'
import { blobPatch, blobPut, blobPutFour } from './blob-put.ts'
import { blobRange } from './blob-range.ts'
import { deleteManifest } from './delete-manifest.ts'
import { memoryIdle, start } from './lifecycle.ts'
import { manifestByDigest, manifestByTag, manifestHead } from './manifests.ts'
import { cataloguePageDeep, cataloguePageFirst, tagsPageDeep, tagsPageFirst } from './pages.ts'
import { ping } from './ping.ts'
import { referrers, referrersPage } from './referrers.ts'
import { blobGetSmall, blobHead } from './small-blobs.ts'
import { imageSyncs, imagesSyncs, tinyImage, tinyImages } from './tiny-images.ts'
import { passwordBurst, tokenAnonymous, tokenByAccessToken, tokenByPassword } from './tokens.ts'
import type { Workload } from './workload.ts'

/** Every row of the table, in its order. */
export const ALL_WORKLOADS: readonly Workload[] = [
  manifestByTag,
  manifestByDigest,
  manifestHead,
  blobHead,
  blobGetSmall,
  blobGetOne,
  blobGetFour,
  blobRange,
  blobPut,
  blobPatch,
  blobPutFour,
  tinyImage,
  tinyImages,
  imageSyncs,
  imagesSyncs,
  tagsPageFirst,
  tagsPageDeep,
  cataloguePageFirst,
  cataloguePageDeep,
  deleteManifest,
  referrers,
  referrersPage,
  ping,
  tokenByPassword,
  tokenByAccessToken,
  tokenAnonymous,
  passwordBurst,
  memoryIdle,
  start,
]
