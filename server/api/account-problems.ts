import { Problem } from './problem.ts'

/** The name that was asked for is another account's, or is held for one that gave it up. */
export function nameTaken(name: string): Problem {
  return new Problem(409, 'NAME_TAKEN', `the name ${name} is taken, or was until recently; choose another`)
}

/** An account that is to be deleted still owns something. */
export function hasRepositories(name: string, count: number): Problem {
  const message =
    `${name} still has ${count === 1 ? 'one repository' : `${count} repositories`}; ` +
    'delete with DELETE /api/v1/repositories/{repository} what is there first'
  return new Problem(409, 'HAS_REPOSITORIES', message, { count })
}
