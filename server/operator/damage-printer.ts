import type { Damage, DamageStore, DamageUse } from '../../storage/metadata/damage.ts'

const PAGE = 100

/**
 * Makes the function that prints what is damaged and was not printed before: what it is, and below it, indented, every
 * manifest that needs it, with the tags that lead there.
 */
export function createDamagePrinter(options: {
  readonly damage: Pick<DamageStore, 'list' | 'listUses'>
  readonly write: (text: string) => void
}): () => Promise<void> {
  const { damage, write } = options
  let last: string | undefined

  async function print(entry: Damage): Promise<void> {
    write(`${entry.digest}  ${entry.kind} ${describe(entry)}\n`)
    let after: string | undefined
    let count = 0
    do {
      const page = await damage.listUses(entry.id, { after, limit: PAGE })
      for (const use of page.items) write(`  ${describeUse(use)}\n`)
      count += page.items.length
      after = page.next
    } while (after !== undefined)
    if (count === 0) write('  no image needs it\n')
  }

  return async () => {
    for (;;) {
      const { items } = await damage.list({ after: last, limit: PAGE })
      for (const entry of items) {
        await print(entry)
        last = String(entry.id)
      }
      if (items.length < PAGE) return
    }
  }
}

function describe({ reason, size, foundSize }: Damage): string {
  switch (reason) {
    case 'altered':
      return 'altered: its bytes are not those of its digest'
    case 'resized':
      return `resized: it has ${foundSize} bytes instead of ${size}`
    case 'missing':
      return 'missing: it is not there'
    case 'unreadable':
      return 'unreadable: the disk does not give its bytes back'
  }
}

function describeUse({ repository, manifest, role, tags, attachedTo }: DamageUse): string {
  const what = role === 'self' ? '' : `, as ${role}`
  const led = tags.length === 0 ? 'no tag' : `tags ${tags.join(', ')}`
  const attached = attachedTo.length === 0 ? '' : `, attached to ${attachedTo.join(', ')}`
  return `${repository}@${manifest}${what}: ${led}${attached}`
}
