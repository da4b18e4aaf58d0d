import { join } from 'node:path'
import { basicAuthorization, ConnectionLost, createPushClient, type PushClient } from '../push-client.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { ADMIN, type ServerProcess, spawnServer } from '../server-process.ts'
import { createWriter } from '../writer.ts'
import { createRecorder } from './recorder.ts'
import type { Moment, Recording } from './recording.ts'
import { createTimeline, type Timeline } from './timeline.ts'

const WRITERS = 6
const SHARED_BLOBS = 6
const REPOSITORIES = ['power/one', 'power/two', 'power/three']
/** How long the log may become until the server is stopped, for each time that it runs. */
const LOG_BYTES = [18, 36].map((mebibytes) => mebibytes * 1024 * 1024)
const DATA_FOLDER = 'data'
/** Why a writer stopped: its last request was never sent. */
const ENOUGH = new Error('enough is recorded')

/** A server's whole life on a new disk: its first start, work, a stop, a second start, work, a stop. */
export interface RecordedRun {
  readonly recording: Recording
  readonly timeline: Timeline
  /** The first moment at which the server listened. */
  readonly firstListening: Moment
  /** An upload that nobody finished. */
  readonly abandoned: AbandonedUpload
  /** The disk as the server has left it. */
  readonly root: string
}

/** An upload of which a client has been told that it got so far. */
export interface AbandonedUpload {
  readonly repository: string
  readonly location: string
  readonly bytes: Buffer
  readonly acknowledgedBytes: number
  /** When that was acknowledged. */
  readonly at: Moment
}

/** The data folder of a disk: it is not the disk itself, as its own name must be durable too. */
export function dataFolderOf(disk: string): string {
  return join(disk, DATA_FOLDER)
}

/**
 * Records a server while clients push in every way, mount, move tags, delete and import.
 * @param workFolder an empty folder.
 * @throws Error when the server answers what it must not.
 */
export async function recordRun(workFolder: string, random: SeededRandom): Promise<RecordedRun> {
  const recorder = createRecorder(workFolder)
  const timeline = createTimeline(recorder.logBytes)
  const { oracle } = timeline
  const sharedBlobs = Array.from({ length: SHARED_BLOBS }, () => random.bytes(random.int(1024, 256 * 1024)))
  const writers = Array.from({ length: WRITERS }, (_, index) =>
    createWriter({ name: `writer${index + 1}`, random: random.fork(), oracle, sharedBlobs }),
  )
  let firstListeningAt: number | undefined
  let abandoned: (Omit<AbandonedUpload, 'at'> & { readonly at: number }) | undefined

  for (const logBytes of LOG_BYTES) {
    const server = spawnServer({ dataDir: dataFolderOf(recorder.root), env: recorder.env })
    try {
      const client = createPushClient({ url: await server.listening, authorization: basicAuthorization(ADMIN) })
      firstListeningAt ??= recorder.logBytes()
      await client.expect(200, { method: 'GET', path: '/v2/' })
      const limited = limit(client, () => recorder.logBytes() > logBytes)
      abandoned ??= { ...(await abandonUpload(client, random.fork())), at: recorder.logBytes() }
      const ends = await Promise.all(
        writers.map((writer, index) =>
          writer.work({ wire: limited, hub: limited }, { shared: REPOSITORIES, own: `power/own-${index + 1}` }),
        ),
      )
      const dropped = ends.find(({ cause }) => cause !== ENOUGH)
      if (dropped !== undefined) throw new Error(`the server dropped a request: ${dropped.message}\n${server.output()}`)
      timeline.withdrawUnanswered()
      client.close()
      await stop(server)
    } finally {
      server.signal('SIGKILL')
      await server.ended
    }
  }
  const recording = recorder.read()
  if (firstListeningAt === undefined || abandoned === undefined) throw new Error('no server ran')
  return {
    recording,
    timeline,
    firstListening: recording.momentAt(firstListeningAt),
    abandoned: { ...abandoned, at: recording.momentAt(abandoned.at) },
    root: recorder.root,
  }
}

/** A client that loses its connection before it sends anything, once it is over; what is under way is answered. */
function limit(client: PushClient, isOver: () => boolean): PushClient {
  function check(request: ConnectionLost['request']): void {
    if (isOver()) throw new ConnectionLost(request, ENOUGH)
  }
  return {
    ...client,
    async send(request) {
      check(request)
      return client.send(request)
    },
    async expect(status, request) {
      check(request)
      return client.expect(status, request)
    },
  }
}

async function stop(server: ServerProcess): Promise<void> {
  server.signal('SIGTERM')
  const end = await server.ended
  if (end !== 0) throw new Error(`the server ended with ${end}:\n${server.output()}`)
}

async function abandonUpload(client: PushClient, random: SeededRandom): Promise<Omit<AbandonedUpload, 'at'>> {
  const repository = REPOSITORIES[0] ?? ''
  const bytes = random.bytes(200_000)
  const acknowledgedBytes = 150_000
  const { headers } = await client.expect(202, { method: 'POST', path: `/v2/${repository}/blobs/uploads/` })
  const location = headers.location ?? ''
  await client.expect(202, {
    method: 'PATCH',
    path: location,
    body: bytes.subarray(0, acknowledgedBytes),
    headers: { 'Content-Range': `0-${acknowledgedBytes - 1}`, 'Content-Type': 'application/octet-stream' },
  })
  return { repository, location, bytes, acknowledgedBytes }
}
