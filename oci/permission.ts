/** What one may do with a repository; each includes those before it. */
export const PERMISSIONS = ['pull', 'push', 'maintain', 'admin'] as const
export type Permission = (typeof PERMISSIONS)[number]

/** True when holding `held` allows what needs `needed`. */
export function includesPermission(held: Permission, needed: Permission): boolean {
  return PERMISSIONS.indexOf(held) >= PERMISSIONS.indexOf(needed)
}
