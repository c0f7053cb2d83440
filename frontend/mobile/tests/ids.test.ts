import { expect, test } from 'vitest'
import { uuid7 } from '@/app/ids'

test('an id made on the phone is a UUIDv7 that sorts by time', () => {
  const early = uuid7(1_700_000_000_000)
  const late = uuid7(1_700_000_000_001)
  expect(early).toMatch(/^018bcfe5-6800-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(late > early).toBe(true)
  expect(uuid7(1_700_000_000_000)).not.toBe(early)
})
