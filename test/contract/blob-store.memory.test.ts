import { createMemoryBlobStore } from '../../storage/blobs/memory/memory-blob-store.ts'
import { describeBlobStore } from './blob-store.ts'

describeBlobStore('memory', async () => ({ store: createMemoryBlobStore(), close: async () => {} }))
