import { z } from 'zod'
import { type RepositoryName, readRepositoryName } from '../../oci/repository-name.ts'

const MAX_DESCRIPTION = 200
const MAX_README = 100_000
const MAX_LABELS = 64
const MAX_LABEL_NAME = 128
const MAX_LABEL_VALUE = 256

/** Control characters, ends of lines, and halves of a character, which no database gives back as they were. */
const NOT_IN_A_LINE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u

/** The same, but for tabs and ends of lines. */
const NOT_IN_A_TEXT = /[^\P{Cc}\t\n\r]|\p{Cs}/u

/** As annotations and labels of images are named in practice: `team`, `com.example/team`. */
const LABEL_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9._/-]*[a-zA-Z0-9])?$/

/** The whole name of a repository, as a body has it. */
const repositoryName = z
  .string()
  .max(255)
  .transform((text, context): RepositoryName => {
    const name = readRepositoryName(text)
    if (name !== undefined) return name
    context.addIssue({
      code: 'custom',
      message:
        'must be a whole name, such as acme/web: lower-case letters and digits, separated by one of . _ __ - or /',
    })
    return z.NEVER
  })

/** The name of a repository that is to be made. */
export const firstRepositoryName = repositoryName.meta({
  description: 'The whole name, with the namespace that it shall be in',
  examples: ['acme/web'],
})

/** The name that a repository is to have instead. */
export const newRepositoryName = repositoryName.meta({
  description: 'The whole name, within the same namespace',
  examples: ['acme/web'],
})

/** Whether there is such a repository is not looked at: that would tell of what one may not see. */
export const newSuccessor = repositoryName.meta({
  description: 'The repository to use instead of one that is deprecated or archived',
  examples: ['acme/web'],
})

/** One line of plain text, kept as given. */
export const newDescription = z
  .string()
  .refine((text) => countCharacters(text) <= MAX_DESCRIPTION, {
    error: `has more than ${MAX_DESCRIPTION} characters; what is longer belongs into the readme`,
  })
  .refine((text) => !NOT_IN_A_LINE.test(text), {
    error: 'must be one line without control characters; what is longer belongs into the readme',
  })
  .meta({ description: 'One line of plain text', maxLength: MAX_DESCRIPTION })

/** Markdown, kept as given: what is harmless depends on where it is shown. */
export const newReadme = z
  .string()
  .refine((text) => countCharacters(text) <= MAX_README, {
    error: `has more than ${MAX_README} characters; shorten it, and link to the rest`,
  })
  .refine((text) => !NOT_IN_A_TEXT.test(text), {
    error: 'has control characters other than tabs and ends of lines, or broken ones; take them out',
  })
  .meta({ description: 'Markdown', maxLength: MAX_README })

const labelValue = z
  .string()
  .refine((text) => countCharacters(text) <= MAX_LABEL_VALUE, {
    error: `has more than ${MAX_LABEL_VALUE} characters; shorten it`,
  })
  .refine((text) => !NOT_IN_A_LINE.test(text), { error: 'must be one line without control characters' })
  .meta({ maxLength: MAX_LABEL_VALUE })

/** All labels that a repository is to have. Names are checked first: zod's records drop some without a word. */
export const newLabels = z
  .preprocess(
    (labels, context) => {
      for (const message of explainLabelNames(labels)) context.addIssue({ code: 'custom', message })
      return labels
    },
    z.record(z.string(), labelValue),
  )
  .meta({
    description:
      'All labels, by name; those that are left out are removed. ' +
      `At most ${MAX_LABELS}; a name has letters, digits and \`. _ - /\` between them, at most ${MAX_LABEL_NAME} characters`,
    examples: [{ team: 'web' }],
    maxProperties: MAX_LABELS,
  })

/** What is wrong with the names of labels; nothing when all is well, or when these are no labels at all. */
function explainLabelNames(labels: unknown): readonly string[] {
  if (typeof labels !== 'object' || labels === null) return []
  const names = Object.keys(labels)
  if (names.length > MAX_LABELS) return [`are ${names.length}; a repository has at most ${MAX_LABELS} labels`]
  return names
    .filter((name) => name.length > MAX_LABEL_NAME || !LABEL_NAME.test(name))
    .map((name) => {
      const shown = JSON.stringify(name.length > 50 ? `${name.slice(0, 50)}…` : name)
      return `${shown} is no name of a label: use at most ${MAX_LABEL_NAME} letters and digits, with . _ - / between them`
    })
}

/** As people count, and as JSON Schema does: not in halves. */
function countCharacters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
