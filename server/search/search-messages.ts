import type { SearchAnswers } from './search-answers.ts'
import { SearchRefusal } from './search-refusal.ts'

/** What one thread asks another to search for: a method and its arguments, which are plain data. */
export type Question = {
  readonly [Method in keyof SearchAnswers]: {
    readonly id: number
    readonly method: Method
    readonly parameters: Parameters<SearchAnswers[Method]>
  }
}[keyof SearchAnswers]

/** The answer to the question of the same id. Errors lose their class between threads, so a refusal says what it is. */
export type Answer = { readonly id: number } & (
  | { readonly kind: 'found'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly code: SearchRefusal['code']; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
)

/** Answers a question; never rejects. */
export async function answerQuestion(search: SearchAnswers, question: Question): Promise<Answer> {
  const { id } = question
  try {
    return { id, kind: 'found', value: await find(search, question) }
  } catch (error) {
    if (error instanceof SearchRefusal) return { id, kind: 'refused', code: error.code, message: error.message }
    return { id, kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

function find(search: SearchAnswers, question: Question): Promise<unknown> {
  switch (question.method) {
    case 'page':
      return search.page(...question.parameters)
    case 'repositories':
      return search.repositories(...question.parameters)
    case 'hasPrivateRepositories':
      return search.hasPrivateRepositories(...question.parameters)
  }
}

/** What of an answer is handed over, instead of being copied. */
export function handedOver(answer: Answer): readonly ArrayBuffer[] {
  const bytes = answer.kind === 'found' && answer.value instanceof Uint8Array ? answer.value.buffer : undefined
  return bytes instanceof ArrayBuffer ? [bytes] : []
}
