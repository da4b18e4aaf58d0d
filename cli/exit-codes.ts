/** What the process ends with. Scripts rely on these: docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  notAuthenticated: 4,
  forbidden: 5,
  conflict: 6,
  rateLimited: 9,
  network: 10,
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
