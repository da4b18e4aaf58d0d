import fc from 'fast-check'
import { openLongRun } from '../fuzz/long-run.ts'

/**
 * Expects a property of all inputs. `npm test` tries some, the same number each time and always others; `npm run
 * test:fuzz` as many as it is given time for, whatever the options say.
 * @throws Error with the input that has not the property.
 */
export function check<Ts>(property: fc.IPropertyWithHooks<Ts>, options?: fc.Parameters<Ts>): void {
  const longRun = openLongRun(process.env)
  if (longRun === undefined) {
    fc.assert(property, options)
    return
  }
  property.beforeEach((before) => {
    longRun.tick()
    before()
  })
  longRun.end(fc.check(property, longRun.options))
}

/** The same of a property that takes time to show. */
export async function checkAsync<Ts>(
  property: fc.IAsyncPropertyWithHooks<Ts>,
  options?: fc.Parameters<Ts>,
): Promise<void> {
  const longRun = openLongRun(process.env)
  if (longRun === undefined) {
    await fc.assert(property, options)
    return
  }
  property.beforeEach(async (before) => {
    longRun.tick()
    await before()
  })
  longRun.end(await fc.check(property, longRun.options))
}
