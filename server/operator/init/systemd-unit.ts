/** What a unit of systemd for a registry depends on. */
export interface UnitOptions {
  /** The program and its arguments, all paths absolute. */
  readonly command: readonly string[]
  /** Whom it runs as. */
  readonly user: string
  readonly dataDir: string
  readonly port: number
  /** Seconds that a stopping registry may take. */
  readonly drainSeconds: number
}

/** Linux keeps the ports below to those who may. */
const FIRST_FREE_PORT = 1024

/** A unit that runs the registry, may write to its data folder and to nothing else, and gives it time to stop. */
export function formatUnit({ command, user, dataDir, port, drainSeconds }: UnitOptions): string {
  const isPrivileged = port > 0 && port < FIRST_FREE_PORT
  return `[Unit]
Description=Kontor, a container image registry
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${command.map((word) => quote(word.replaceAll('$', '$$$$'))).join(' ')}
User=${user}
Restart=on-failure
# A little more than http.drainSeconds, in which requests are let finish.
TimeoutStopSec=${drainSeconds + 10}
LimitNOFILE=65536
UMask=0077
${isPrivileged ? 'AmbientCapabilities=CAP_NET_BIND_SERVICE\n' : ''}NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=strict
ReadWritePaths=${quote(dataDir)}

[Install]
WantedBy=multi-user.target
`
}

/** systemd.syntax(7): percent signs begin a specifier, double quotes hold spaces. */
function quote(text: string): string {
  const escaped = text.replaceAll('%', '%%')
  return /^[\w./:@%+,=-]+$/.test(escaped) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&')}"`
}
