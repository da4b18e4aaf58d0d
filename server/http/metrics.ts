import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { RequestContext } from './request-context.ts'

/** What is counted, in Prometheus' terms. Labels are route names and statuses, never names of users or repositories. */
export interface Metrics {
  /** Counts a request that has begun. */
  requestStarted(): void
  /** Counts a request that is over, whether it was answered or its client went away. */
  requestEnded(context: RequestContext, method: string, status: number, durationSeconds: number): void
  /** Counts a blob whose file is not what was verified. */
  blobDamaged(): void
  /** The exposition, and its content type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

export function createMetrics(deps: {
  /** How much stored content is known to be damaged. */
  readonly countDamage: () => Promise<number>
}): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const inFlight = new Gauge({
    name: 'kontor_http_requests_in_flight',
    help: 'Requests being answered',
    registers: [registry],
  })
  const requests = new Counter({
    name: 'kontor_http_requests_total',
    help: 'Requests answered, by route, method and status; status 499 means that the client went away',
    labelNames: ['route', 'method', 'status'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'kontor_http_request_duration_seconds',
    help: 'Time from the head of a request to the last byte of its answer, by route',
    labelNames: ['route'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
    registers: [registry],
  })
  const damaged = new Counter({
    name: 'kontor_blobs_damaged_total',
    help: 'Times a blob was found missing or of another size than when it was verified',
    registers: [registry],
  })
  new Gauge({
    name: 'kontor_blobs_damaged',
    help: 'Blobs and manifests that a scrub found damaged and nobody has pushed again since',
    registers: [registry],
    async collect() {
      this.set(await deps.countDamage())
    },
  })
  return {
    requestStarted: () => inFlight.inc(),
    requestEnded({ route }, method, status, durationSeconds) {
      inFlight.dec()
      requests.inc({ route, method, status })
      duration.observe({ route }, durationSeconds)
    },
    blobDamaged: () => damaged.inc(),
    async render() {
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}
