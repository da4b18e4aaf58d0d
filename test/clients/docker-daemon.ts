import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.ts'
import { requireTool } from './tools.ts'

/** A docker engine with storage of its own, empty at first. */
export interface DockerDaemon extends Daemon {
  /** What `docker --host` takes. */
  host: string
}

/**
 * Starts Debian's dockerd, which needs root; it trusts the authority in `caFile`. It never runs a container, so it
 * gets no network and touches no firewall rule. Throws when it does not come up.
 */
export async function startDockerDaemon(caFile: string | undefined): Promise<DockerDaemon> {
  // Short: a socket's path has at most 107 characters, and dockerd appends some 30 for its containerd.
  const directory = await mkdtemp(join(tmpdir(), 'dockerd-'))
  const host = `unix://${directory}/docker.sock`
  const configFile = join(directory, 'daemon.json')
  await writeFile(configFile, '{}')
  await mkdir(join(directory, 'tmp'))
  const places = ['--config-file', configFile, '--pidfile', join(directory, 'pid')]
  const roots = ['--data-root', join(directory, 'data'), '--exec-root', join(directory, 'exec')]
  const network = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false']
  const daemon = await startDaemon({
    command: requireTool('dockerd'),
    args: ['--host', host, ...places, ...roots, ...network],
    env: {
      PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
      HOME: directory,
      DOCKER_TMPDIR: join(directory, 'tmp'),
      // Its other way to trust an authority is a directory below /etc, which a test has no business in.
      ...(caFile === undefined ? {} : { SSL_CERT_FILE: caFile }),
    },
    readyLine: /API listen on/,
  })
  return {
    host,
    async stop() {
      await daemon.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
