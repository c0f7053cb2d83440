import { expect, test } from 'vitest'
import { channelName, lockName, NOTHING, staysThanking } from '@pos/data/display.ts'
import type { Scene, Shown } from '@pos/data/display.ts'

const shown = (scene: Scene): Shown => ({ ...NOTHING, scene, language: 'zh' })

test('every till has its own channel', () => {
  expect(channelName('a')).not.toBe(channelName('b'))
  expect(channelName('a')).not.toBe(lockName('a'))
})

test('thanks stay while nothing new comes, and end with the till', () => {
  const after = (scene: Scene): boolean => staysThanking(shown('thanks'), shown(scene))
  expect([after('idle'), after('basket'), after('closed'), staysThanking(shown('basket'), shown('idle')), staysThanking(null, shown('idle'))])
    .toEqual([true, false, false, false, false])
})
