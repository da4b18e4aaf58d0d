import type { AccessToken, AccessTokenStore } from '../../storage/metadata/access-tokens.ts'
import type { Account, AccountStore } from '../../storage/metadata/accounts.ts'
import type { AccessTokenId, RefreshTokenId, RobotId, RobotSecretId } from '../../storage/metadata/identities.ts'
import type { UsedSecret } from '../../storage/metadata/last-uses.ts'
import type { RefreshToken, RefreshTokenStore } from '../../storage/metadata/refresh-tokens.ts'
import type { Robot, RobotStore } from '../../storage/metadata/robots.ts'
import { type Credential, robotCredential, robotUsername, userCredential } from './credential.ts'
import type { LastUses } from './last-uses.ts'
import { hashSecret, readSecretText } from './secret-text.ts'

/** What comes of presenting a secret. */
export type SecretOutcome =
  | { readonly kind: 'credential'; readonly credential: Credential }
  | { readonly kind: 'refused'; readonly reason: string }

/** Where and under which name a secret is presented. */
export interface SecretPresentation {
  /** The user name beside it; undefined when it stands alone in a `Bearer` header. */
  readonly username: string | undefined
  /** The client's IP address. */
  readonly address: string
}

/** Access tokens, robots' secrets and refresh tokens: from the text, or again from the identity that a JWT carries. */
export interface Secrets {
  /** An access token or a robot's secret, in the place of a password or as a bearer token. */
  present(text: string, presentation: SecretPresentation): Promise<SecretOutcome>
  presentRefreshToken(text: string, address: string): Promise<SecretOutcome>
  /** The credential behind a JWT, undefined when it was revoked or has expired since. The account is enabled. */
  recallAccessToken(account: Account, id: AccessTokenId, address: string): Promise<Credential | undefined>
  recallRefreshToken(account: Account, id: RefreshTokenId, address: string): Promise<Credential | undefined>
  recallRobot(id: RobotId, secretId: RobotSecretId, address: string): Promise<Credential | undefined>
}

export function createSecrets(deps: {
  readonly accounts: Pick<AccountStore, 'findById' | 'resolveName'>
  readonly accessTokens: Pick<AccessTokenStore, 'findByHash' | 'findById'>
  readonly refreshTokens: Pick<RefreshTokenStore, 'findByHash' | 'findById'>
  readonly robots: Pick<RobotStore, 'findBySecret' | 'findWithSecret'>
  readonly lastUses: Pick<LastUses, 'note'>
  readonly now: () => number
}): Secrets {
  const { accounts, accessTokens, refreshTokens, robots, lastUses, now } = deps

  function used(secret: UsedSecret, address: string, credential: Credential): SecretOutcome & { kind: 'credential' } {
    lastUses.note({ secret, at: now(), from: address })
    return { kind: 'credential', credential }
  }

  const hasExpired = (expiresAt: number | undefined) => expiresAt !== undefined && expiresAt <= now()

  function useAccessToken(account: Account, token: AccessToken, address: string): SecretOutcome {
    if (hasExpired(token.expiresAt)) return refuse(`the access token "${token.name}" has expired; create a new one`)
    const secret = { kind: 'access-token', id: token.id } as const
    return used(secret, address, userCredential(account, secret, token.scopes, token.expiresAt))
  }

  function useRefreshToken(account: Account, token: RefreshToken, address: string): SecretOutcome {
    if (token.credentialsVersion !== account.credentialsVersion) return refuse(REFRESH_REVOKED)
    const secret = { kind: 'refresh-token', id: token.id } as const
    return used(secret, address, userCredential(account, secret))
  }

  function useRobot(robot: Robot, secretId: RobotSecretId, address: string): SecretOutcome {
    if (robot.disabledAt !== undefined)
      return refuse(
        `the robot ${robotUsername(robot)} is disabled; ask a manager of ${robot.organizationName} to enable it`,
      )
    if (hasExpired(robot.expiresAt))
      return refuse(
        `the robot ${robotUsername(robot)} has expired; ask a manager of ${robot.organizationName} to give it more time`,
      )
    return used({ kind: 'robot-secret', id: secretId }, address, robotCredential(robot, secretId))
  }

  async function enabledOwner(token: { readonly userId: AccessToken['userId'] }): Promise<Account | undefined> {
    const account = await accounts.findById(token.userId)
    return account?.disabledAt === undefined ? account : undefined
  }

  async function presentAccessToken(text: string, { username, address }: SecretPresentation): Promise<SecretOutcome> {
    const token = await accessTokens.findByHash(hashSecret(text))
    const account = token && (await enabledOwner(token))
    if (token === undefined || account === undefined)
      return refuse('the access token is not valid any more; create a new one')
    // By a former name as well: a renamed user's scripts go on.
    const isTheirs = username === undefined || (await accounts.resolveName(username))?.id === account.id
    if (!isTheirs) return refuse('this access token is not of that user; log in with the name of its owner')
    return useAccessToken(account, token, address)
  }

  async function presentRobotSecret(text: string, { username, address }: SecretPresentation): Promise<SecretOutcome> {
    const found = await robots.findBySecret(hashSecret(text))
    if (found === undefined)
      return refuse('the secret of the robot is not valid any more; use its other one or have a new one made')
    if (username !== undefined && !(await isRobotNamed(found.robot, username))) {
      return refuse('this secret is not of that robot; log in with the name that was shown with it')
    }
    return useRobot(found.robot, found.secretId, address)
  }

  async function isRobotNamed(robot: Robot, username: string): Promise<boolean> {
    const [organization = '', name, ...rest] = username.split('+')
    if (name !== robot.name || rest.length > 0) return false
    return (
      organization === robot.organizationName || (await accounts.resolveName(organization))?.id === robot.organizationId
    )
  }

  return {
    async present(text, presentation) {
      const read = readSecretText(text)
      if (read.kind === 'mistyped') return refuse('the token is mistyped or cut off; copy the whole of it')
      if (read.kind === 'secret' && read.secret === 'access-token') return presentAccessToken(text, presentation)
      if (read.kind === 'secret' && read.secret === 'robot-secret') return presentRobotSecret(text, presentation)
      return refuse('this kind of token is not for logging in; use an access token or the secret of a robot')
    },

    async presentRefreshToken(text, address) {
      const token = await refreshTokens.findByHash(hashSecret(text))
      const account = token && (await enabledOwner({ userId: token.accountId }))
      if (token === undefined || account === undefined) return refuse(REFRESH_REVOKED)
      return useRefreshToken(account, token, address)
    },

    async recallAccessToken(account, id, address) {
      const token = await accessTokens.findById(id)
      return token?.userId === account.id ? credentialOf(useAccessToken(account, token, address)) : undefined
    },

    async recallRefreshToken(account, id, address) {
      const token = await refreshTokens.findById(id)
      return token?.accountId === account.id ? credentialOf(useRefreshToken(account, token, address)) : undefined
    },

    async recallRobot(id, secretId, address) {
      const robot = await robots.findWithSecret(id, secretId)
      return robot && credentialOf(useRobot(robot, secretId, address))
    },
  }
}

const REFRESH_REVOKED = 'the refresh token is not valid any more; log in again'

function credentialOf(outcome: SecretOutcome): Credential | undefined {
  return outcome.kind === 'credential' ? outcome.credential : undefined
}

function refuse(reason: string): SecretOutcome {
  return { kind: 'refused', reason }
}
