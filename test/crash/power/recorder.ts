import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseRecording, type Recording } from './recording.ts'

const SOURCE = new URL('record-files.c', import.meta.url).pathname

/** Records what processes do to the files of one folder. */
export interface Recorder {
  /** The folder; empty at first. */
  readonly root: string
  /** To be set for a process that is to be recorded. One after the other or several at once, all go to one log. */
  readonly env: Readonly<Record<string, string>>
  /** Bytes of the log so far: all that recorded processes did before they told somebody of it is among them. */
  logBytes(): number
  /** To be called when the recorded processes have ended. */
  read(): Recording
}

/**
 * Compiles the recorder, and makes a folder for it to watch.
 * @param workFolder an empty folder.
 * @throws Error that says what is missing when there is no C compiler.
 */
export function createRecorder(workFolder: string): Recorder {
  const work = realpathSync(workFolder)
  const library = join(work, 'record-files.so')
  compile(library)
  const root = join(work, 'disk')
  const logPath = join(work, 'log')
  mkdirSync(root)
  writeFileSync(logPath, '')
  return {
    root,
    env: {
      LD_PRELOAD: library,
      POWER_ROOT: root,
      POWER_LOG: logPath,
      // What a process hands to the kernel by a ring is seen by nobody.
      UV_USE_IO_URING: '0',
    },
    logBytes: () => statSync(logPath).size,
    read: () => parseRecording(readFileSync(logPath), { path: root, inode: statSync(root, { bigint: true }).ino }),
  }
}

function compile(library: string): void {
  const compiler = process.env['CC'] ?? 'cc'
  try {
    execFileSync(compiler, ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl', '-lpthread'], { stdio: 'pipe' })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `the recorder of file operations cannot be compiled (${reason}); it takes Linux with glibc and a C compiler ` +
        '(Debian: apt-get install g++), or another one named by CC',
      { cause },
    )
  }
}
