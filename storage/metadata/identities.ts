declare const identity: unique symbol

/** A number that names one row for ever: it survives renames and is never given to another. */
type Identity<Of extends string> = number & { readonly [identity]: Of }

export type AccountId = Identity<'account'>
export type RepositoryId = Identity<'repository'>
export type ManifestId = Identity<'manifest'>
export type TeamId = Identity<'team'>
export type RobotId = Identity<'robot'>
export type RobotSecretId = Identity<'robot-secret'>
export type GrantId = Identity<'grant'>
export type AccessTokenId = Identity<'access-token'>
export type RefreshTokenId = Identity<'refresh-token'>
export type InvitationId = Identity<'invitation'>
export type DamageId = Identity<'damage'>
export type ScrubId = Identity<'scrub'>
