import { Problem } from './problem.ts'

/** For whoever may add any user there is, so that nothing is hidden by saying that this one is not. */
export function noSuchUser(): Problem {
  return new Problem(404, 'NOT_FOUND', 'there is no such user; check the name, or send the person an invitation')
}
