/** Where a value comes from. */
export type Source =
  | { readonly kind: 'default' }
  /** Lines and columns count from 1; absent when the whole file is meant. */
  | { readonly kind: 'file'; readonly path: string; readonly line?: number; readonly column?: number }
  /** `name` is the variable that is set, so it ends in `_FILE` where a file holds the value. */
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string }

/** Names a source the way people look for it: `kontor.yaml:3:9`, `KONTOR_HTTP__PORT`, `--http.port`, `default`. */
export function formatSource(source: Source): string {
  switch (source.kind) {
    case 'default':
      return 'default'
    case 'file':
      return [source.path, source.line, source.column].filter((part) => part !== undefined).join(':')
    case 'environment':
    case 'flag':
      return source.name
  }
}
