import { RegistryError } from '../../../oci/error-codes.ts'

/** How some work is refused; fails the test when it is not, or with another error. */
export async function refusalOf(work: Promise<unknown>): Promise<RegistryError> {
  try {
    await work
  } catch (error) {
    if (error instanceof RegistryError) return error
    throw error
  }
  throw new Error('it was not refused')
}
