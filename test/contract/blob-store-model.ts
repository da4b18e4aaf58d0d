import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BlobStore, StagedUpload } from '../../storage/blobs/blob-store.ts'
import {
  bytesOf,
  cutOff,
  digestOf,
  expectBytes,
  findUpload,
  inChunks,
  pull,
  startUpload,
} from './blob-store-content.ts'

/** One thing that a client may do to its upload. */
type Step =
  | { readonly kind: 'append'; readonly size: number; readonly chunkBytes: number }
  | { readonly kind: 'interrupted'; readonly size: number; readonly mode: 'keep' | 'rollback' }
  | { readonly kind: 'misplaced'; readonly distance: number }
  | { readonly kind: 'wrong-commit' }

// Small ones find mistakes of one byte; large ones need several writes.
const size = fc.oneof(fc.nat(100), fc.nat(100_000), fc.nat(1_500_000))

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), size, chunkBytes: fc.integer({ min: 200, max: 300_000 }) }),
  fc.record({
    kind: fc.constant('interrupted' as const),
    size,
    mode: fc.constantFrom('keep' as const, 'rollback' as const),
  }),
  fc.record({ kind: fc.constant('misplaced' as const), distance: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ kind: fc.constant('wrong-commit' as const) }),
)

/** Whatever clients do, an upload holds exactly the bytes that a list of them would hold. */
export function describeUploadModel(store: () => BlobStore): void {
  it('holds what a simple list of bytes would hold, whatever is done to it', async () => {
    const algorithm = fc.constantFrom('sha256' as const, 'sha512' as const)
    const history = fc.array(step, { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(history, algorithm, algorithm, async (steps, hinted, asked) => {
        const upload = await startUpload(store())
        let model: Buffer = Buffer.alloc(0)
        for (const [index, each] of steps.entries()) {
          model = await take(await findUpload(store(), upload.key), { step: each, model, seed: index, hinted })
          expect(await upload.offset()).toBe(model.byteLength)
        }
        const digest = digestOf(model, asked)
        expect(await upload.commit(digest)).toEqual({ kind: 'committed', size: model.byteLength })
        expectBytes(await pull(store(), digest), model)
      }),
      { numRuns: 40 },
    )
  })
}

/** Does a step to the upload, and gives what it holds afterwards according to the model. */
async function take(
  upload: StagedUpload,
  { step, model, seed, hinted }: { step: Step; model: Buffer; seed: number; hinted: 'sha256' | 'sha512' },
): Promise<Buffer> {
  const at = model.byteLength
  switch (step.kind) {
    case 'append': {
      const more = bytesOf(step.size, seed)
      const options = { at, onInterruption: 'rollback', algorithm: hinted } as const
      const result = await upload.append(inChunks(more, step.chunkBytes), options)
      expect(result).toEqual({ kind: 'appended', offset: at + step.size })
      return Buffer.concat([model, more])
    }
    case 'interrupted': {
      const more = bytesOf(step.size, seed)
      const lost = new Error('the client went away')
      const options = { at, onInterruption: step.mode, algorithm: hinted } as const
      await expect(upload.append(cutOff(more, lost), options)).rejects.toBe(lost)
      return step.mode === 'keep' ? Buffer.concat([model, more]) : model
    }
    case 'misplaced': {
      const options = { at: at + step.distance, onInterruption: 'keep' } as const
      expect(await upload.append(inChunks(bytesOf(10)), options)).toEqual({ kind: 'wrong-offset', offset: at })
      return model
    }
    case 'wrong-commit': {
      const wrong = digestOf(Buffer.concat([model, Buffer.from('more')]))
      expect(await upload.commit(wrong)).toEqual({ kind: 'digest-mismatch', actual: digestOf(model) })
      return model
    }
  }
}
