import { ArchiveRefusal } from '../../oci/archive-refusal.ts'

/** Counts the memory that imports keep, so that many at once have no more than a few (I11). */
export interface MemoryBudget {
  /**
   * Takes bytes out of the budget until they are released.
   * @throws ArchiveRefusal busy, when others have them.
   */
  hold(bytes: number): void
  release(bytes: number): void
}

/** @param limitBytes what there is for all. */
export function createMemoryBudget(limitBytes: number): MemoryBudget {
  let heldBytes = 0
  return {
    hold(bytes) {
      if (heldBytes + bytes > limitBytes) {
        throw new ArchiveRefusal(
          'busy',
          'as many archives are being imported as there is memory for; try again in a minute',
        )
      }
      heldBytes += bytes
    },
    release(bytes) {
      heldBytes -= bytes
    },
  }
}

/** A part of a budget that ends as a whole; it may have a limit of its own. */
export interface BudgetShare extends MemoryBudget {
  releaseAll(): void
}

/**
 * @param maxBytes what this share may hold at once, whatever others leave.
 * @param refuse makes what is thrown beyond that.
 */
export function shareOf(budget: MemoryBudget, maxBytes: number, refuse: () => Error): BudgetShare {
  let heldBytes = 0
  const release = (bytes: number) => {
    heldBytes -= bytes
    budget.release(bytes)
  }
  return {
    hold(bytes) {
      if (heldBytes + bytes > maxBytes) throw refuse()
      budget.hold(bytes)
      heldBytes += bytes
    },
    release,
    releaseAll: () => release(heldBytes),
  }
}
