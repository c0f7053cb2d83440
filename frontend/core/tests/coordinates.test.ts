/** Places whose coordinates in both systems are known; the same as in tests/modules/organization/test_rules.py. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wgs84ToGcj02 } from '../src/coordinates.ts'

const rounded = ({ longitude, latitude }: { longitude: number; latitude: number }) => [longitude.toFixed(6), latitude.toFixed(6)]

test("Tian'anmen stands where Chinese maps show it", () => {
  assert.deepEqual(rounded(wgs84ToGcj02({ longitude: 116.397499, latitude: 39.908722 })), ['116.403743', '39.910126'])
})

test('so does the Oriental Pearl Tower', () => {
  assert.deepEqual(rounded(wgs84ToGcj02({ longitude: 121.499763, latitude: 31.239702 })), ['121.504196', '31.237688'])
})

test('a place abroad is not shifted', () => {
  const paris = { longitude: 2.3522, latitude: 48.8566 }
  assert.equal(wgs84ToGcj02(paris), paris)
})
