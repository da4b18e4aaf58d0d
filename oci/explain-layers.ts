import { isForeignLayer } from './foreign-layer.ts'
import type { BuildStep, ImageConfig } from './image-config.ts'
import type { ManifestView } from './manifest.ts'

/** Layers that are shown; no image that runs anywhere has more than 127. */
const MAX_LAYERS = 1000
const MAX_URLS = 20
const MAX_URL_LENGTH = 2000

/** A step of a build with the layer that came of it. */
export interface ExplainedStep extends Omit<BuildStep, 'isEmptyLayer'> {
  /** The position of its layer among the layers; undefined when it made none, or it is not known which. */
  readonly layer: number | undefined
}

/** A layer with the step of the build that made it. */
export interface ExplainedLayer {
  readonly digest: string
  readonly mediaType: string
  readonly sizeBytes: number
  /** The file that it is, for artifacts that are made of files. */
  readonly title: string | undefined
  /** Undefined when there is none for the layer, or it is not known which. */
  readonly step: Pick<BuildStep, 'createdBy' | 'createdAt' | 'comment'> | undefined
  /** Not to be had from a registry, but from the addresses if there are any. They are text: nobody here follows them (S15). */
  readonly isForeign: boolean
  readonly urls: readonly string[]
}

export interface ExplainedLayers {
  readonly layers: readonly ExplainedLayer[]
  readonly history: readonly ExplainedStep[]
  /** Sentences about what does not fit together. */
  readonly problems: readonly string[]
}

/**
 * Tells which step of the build made which layer: those steps that changed files, in order (image-spec config.md,
 * `empty_layer`). When there are not as many of them as layers, nothing is guessed.
 */
export function explainLayers(view: ManifestView, config: Pick<ImageConfig, 'history'> | undefined): ExplainedLayers {
  const history = config?.history ?? []
  const makers = history.filter((step) => !step.isEmptyLayer)
  const fits = makers.length === view.layers.length
  const positions = new Map(fits ? makers.map((step, position) => [step, position]) : [])
  const problems: string[] = []
  if (!fits && history.length > 0) {
    problems.push(
      `the configuration tells of ${makers.length} steps that made layers, but there are ${view.layers.length} layers: it is not known which step made which`,
    )
  }
  if (view.layers.length > MAX_LAYERS) {
    problems.push(`there are ${view.layers.length} layers; the first ${MAX_LAYERS} are shown`)
  }
  return {
    layers: view.layers.slice(0, MAX_LAYERS).map((layer, position) => ({
      digest: layer.digest,
      mediaType: layer.mediaType,
      sizeBytes: layer.size,
      title: layer.annotations?.['org.opencontainers.image.title'],
      step: fits ? makers[position] : undefined,
      isForeign: isForeignLayer(layer),
      urls: (layer.urls ?? []).slice(0, MAX_URLS).map((url) => url.slice(0, MAX_URL_LENGTH)),
    })),
    history: history.map((step) => ({ ...step, layer: positions.get(step) })),
    problems,
  }
}
