import { z } from 'zod'
import type { AccessTokenStore } from '../../storage/metadata/access-tokens.ts'
import { type Credential, subjectName } from '../access/credential.ts'
import { shownTime } from './fields.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime } from './show-time.ts'
import { shownUser } from './shown-user.ts'
import { shownTokenScopes, showTokenScopes } from './token-scopes.ts'

const currentUser = z
  .strictObject({
    kind: z.enum(['user', 'robot']),
    username: z.string().meta({ description: 'The name to log in with', examples: ['alice', 'acme+ci'] }),
    displayName: z.string().nullable(),
    email: z.string().nullable(),
    role: shownUser.shape.role,
    credential: z
      .enum(['password', 'access-token', 'refresh-token', 'robot-secret', 'bearer-token'])
      .meta({ description: 'What this request was made with; a bearer token is what `/token` gives' }),
    narrowed: z.boolean().meta({
      description:
        'Whether the credential stands for less than all rights of its owner; such a one administers nothing',
    }),
    scopes: shownTokenScopes.meta({
      description: 'What an access token is for; null where it has no scopes, and for all other credentials',
    }),
    tokenId: z
      .int()
      .nullable()
      .meta({ description: 'Of an access token: what `/user/tokens` lists it by; null for all other credentials' }),
    expiresAt: shownTime.nullable().meta({ description: 'When it proves nothing any more; null: never by itself' }),
  })
  .meta({ id: 'CurrentUser' })

/** `/user`: who is asking. */
export function createCurrentUserRoutes(deps: {
  readonly accessTokens: Pick<AccessTokenStore, 'findById'>
}): ApiRoute[] {
  const { accessTokens } = deps

  async function show(credential: Credential): Promise<z.infer<typeof currentUser>> {
    const { subject, proof, narrowing, exchangedFor, expiresAt } = credential
    if (subject.kind === 'anonymous' || proof.kind === 'anonymous') {
      throw new Error('anonymous reached a route for whoever has logged in')
    }
    const { displayName, email, role } = subject.kind === 'user' ? subject.account : NOT_OF_ROBOTS
    // A bearer token carries its scopes itself, where whoever holds it can read them.
    const tokenId = proof.kind === 'access-token' && exchangedFor === undefined ? proof.id : undefined
    const scopes = tokenId && (await accessTokens.findById(tokenId))?.scopes
    return {
      kind: subject.kind,
      username: subjectName(subject),
      displayName: displayName ?? null,
      email: email ?? null,
      role,
      credential: exchangedFor === undefined ? proof.kind : 'bearer-token',
      narrowed: narrowing !== undefined,
      scopes: showTokenScopes(scopes),
      tokenId: tokenId ?? null,
      expiresAt: showOptionalTime(expiresAt),
    }
  }

  return [
    apiRoute({
      method: 'get',
      path: '/user',
      summary: 'Tell who is asking, and by which credential',
      access: { kind: 'authenticated' },
      result: currentUser,
      statuses: [200],
      async handle({ credential }) {
        return { status: 200, body: await show(credential) }
      },
    }),
  ]
}

const NOT_OF_ROBOTS = { displayName: undefined, email: undefined, role: 'none' } as const
