import { describe, expect, it } from 'vitest'
import { barLine } from '../../cli/terminal/progress.ts'

const half = { name: 'a414a53f4073', total: 3_000_000, bytes: 1_500_000 }

describe('a bar', () => {
  it('has all there is to say where the line is long', () => {
    expect(barLine(half, 80, 3000)).toBe('a414a53f4073  [===============>              ]  50%  1.50MB/3.00MB  500kB/s')
  })

  it('leaves out what is least needed, the narrower the window is', () => {
    expect(barLine(half, 46, 3000)).toBe('a414a53f4073  [=====>    ]  50%  1.50MB/3.00MB')
    expect(barLine(half, 30, 3000)).toBe('a414a53f4073  [====>    ]  50%')
    expect(barLine(half, 16, 3000)).toBe('a414a53f4073 50%')
    expect(barLine(half, 8, 3000)).toBe('a414a53…')
    for (let columns = 1; columns < 100; columns += 1)
      expect(barLine(half, columns, 3000).length).toBeLessThanOrEqual(columns)
  })

  it('counts what was there before for the share, and not for the speed', () => {
    expect(barLine({ ...half, first: 1_200_000 }, 80, 3000)).toContain(' 50%  1.50MB/3.00MB  100kB/s')
  })

  it('counts only bytes where nobody knows how many there are', () => {
    expect(barLine({ name: 'stdin', total: undefined, bytes: 1_500_000 }, 80, 500)).toBe('stdin  1.50MB')
  })

  it('is full when nothing was to be sent', () => {
    expect(barLine({ name: 'empty', total: 0, bytes: 0 }, 40, 500)).toContain('100%')
  })
})
