import { z } from 'zod'
import type { Account } from '../../storage/metadata/accounts.ts'
import type { RobotSecretId } from '../../storage/metadata/identities.ts'
import { MAX_ROBOT_SECRETS, type Robot, type RobotSecret, type RobotStore } from '../../storage/metadata/robots.ts'
import { originOf } from '../access/caller.ts'
import { robotUsername } from '../access/credential.ts'
import type { LastUses } from '../access/last-uses.ts'
import { createSecretText, hashSecret } from '../access/secret-text.ts'
import { readId, shownTime } from './fields.ts'
import { pageOf } from './paging.ts'
import { notFound, Problem } from './problem.ts'
import { type ApiRoute, apiRoute } from './route.ts'
import { showOptionalTime, showTime } from './show-time.ts'

export const shownRobotSecret = z
  .strictObject({
    id: z.int(),
    createdAt: shownTime,
    lastUsedAt: shownTime.nullable(),
    lastUsedFrom: z.string().nullable().meta({ description: 'The IP address of its last use' }),
  })
  .meta({ id: 'RobotSecret' })

/** A secret in the one answer that shows it. */
export const secretText = z.string().meta({ description: 'The password of the robot; it is shown this once' })

const createdSecret = z
  .strictObject({ id: z.int(), secret: secretText, createdAt: shownTime })
  .meta({ id: 'CreatedRobotSecret' })

/** `/organizations/:org/robots/:robot/secrets`: two at most, so that one can be replaced while the other still works. */
export function createRobotSecretRoutes(deps: {
  readonly robots: Pick<RobotStore, 'listSecrets' | 'addSecret' | 'deleteSecret'>
  readonly lastUses: Pick<LastUses, 'find'>
  /** @throws Problem 404 when the organization has no such robot. */
  readonly getRobot: (organization: Account, name: string | undefined) => Promise<Robot>
}): ApiRoute[] {
  const { robots, lastUses, getRobot } = deps

  async function tooManySecrets(robot: Robot): Promise<Problem> {
    const secrets = await robots.listSecrets(robot.id)
    const described = secrets.map((secret) => describe(showRobotSecret(secret, lastUses))).join(' or ')
    const sentence = `${robotUsername(robot)} has ${MAX_ROBOT_SECRETS} secrets already; delete the one that nothing uses any more`
    return new Problem(409, 'TOO_MANY_SECRETS', `${sentence}: ${described}`)
  }

  return [
    apiRoute({
      method: 'get',
      path: '/organizations/:org/robots/:robot/secrets',
      summary: 'List the secrets of a robot, oldest first, without the secrets themselves',
      access: { kind: 'organization', right: 'inspect' },
      result: pageOf(shownRobotSecret),
      statuses: [200],
      async handle({ parameters }, { organization }) {
        const { id } = await getRobot(organization, parameters['robot'])
        const secrets = await robots.listSecrets(id)
        return { status: 200, body: { items: secrets.map((secret) => showRobotSecret(secret, lastUses)) } }
      },
    }),
    apiRoute({
      method: 'post',
      path: '/organizations/:org/robots/:robot/secrets',
      summary: 'Give a robot a second secret, which is shown this once',
      access: { kind: 'organization', right: 'manage' },
      result: createdSecret,
      statuses: [201],
      async handle({ parameters, caller }, { organization }) {
        const robot = await getRobot(organization, parameters['robot'])
        const secret = createSecretText('robot-secret')
        const result = await robots.addSecret(robot.id, hashSecret(secret), originOf(caller))
        if (result.kind === 'too-many') throw await tooManySecrets(robot)
        const { id, createdAt } = result.secret
        return { status: 201, body: { id, secret, createdAt: showTime(createdAt) } }
      },
    }),
    apiRoute({
      method: 'delete',
      path: '/organizations/:org/robots/:robot/secrets/:id',
      summary: 'Delete a secret of a robot, and with it every token made with it',
      access: { kind: 'organization', right: 'manage' },
      statuses: [204],
      async handle({ parameters, caller }, { organization }) {
        const { id } = await getRobot(organization, parameters['robot'])
        const secretId = readId<RobotSecretId>(parameters['id'])
        const isDeleted = secretId !== undefined && (await robots.deleteSecret(id, secretId, originOf(caller)))
        if (!isDeleted) throw notFound('such secret')
        return { status: 204 }
      },
    }),
  ]
}

/** A secret as people tell it from the other: what is not written yet of its use is newer than what is. */
export function showRobotSecret(
  secret: RobotSecret,
  lastUses: Pick<LastUses, 'find'>,
): z.infer<typeof shownRobotSecret> {
  const { id, createdAt } = secret
  const unwritten = lastUses.find({ kind: 'robot-secret', id })
  return {
    id,
    createdAt: showTime(createdAt),
    lastUsedAt: showOptionalTime(unwritten?.at ?? secret.lastUsedAt),
    lastUsedFrom: unwritten?.from ?? secret.lastUsedFrom ?? null,
  }
}

function describe({ id, lastUsedAt }: z.infer<typeof shownRobotSecret>): string {
  return `${id} (${lastUsedAt === null ? 'never used' : `used last at ${lastUsedAt}`})`
}
