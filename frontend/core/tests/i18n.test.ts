/** Both languages say the same things, all of them, with the same parameters. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import en from '../src/i18n/en.json' with { type: 'json' }
import zh from '../src/i18n/zh.json' with { type: 'json' }
import { fill, labelText, languageOf, reasonText } from '../src/i18n/index.ts'
import { REASONS } from '../src/price_chain/contracts/index.ts'

function flat(tree: object, path = ''): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') texts.set(`${path}${key}`, value)
    else for (const [inner, text] of flat(value, `${path}${key}.`)) texts.set(inner, text)
  }
  return texts
}

function places(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort()
}

test('every text stands in both languages, with the same parameters', () => {
  const [english, chinese] = [flat(en), flat(zh)]
  assert.deepEqual([...chinese.keys()], [...english.keys()])
  for (const [key, text] of chinese) {
    assert.ok(text.trim() !== '', key)
    assert.deepEqual(places(text), places(english.get(key) ?? ''), key)
  }
})

test('every reason of the price chain has a text, and no text is without a reason', () => {
  assert.deepEqual(Object.keys(en.reasons).sort(), [...REASONS].sort())
})

test('a reason says what is missing, in the language of the phone', () => {
  const params = { missing_yuan: '10.48', missing_fen: 1048 }
  assert.equal(reasonText(languageOf('zh-Hans-CN'), 'amount_missing', params), '再买 10.48 元可享')
  assert.equal(reasonText(languageOf('zh_CN'), 'members_only'), '仅限会员')
  assert.equal(reasonText(languageOf('de-DE'), 'amount_missing', params), '10.48 yuan more and it applies')
})

test("a label of ours is translated, a campaign's name is not, whatever it is called", () => {
  assert.equal(labelText('zh', 'Member price'), '会员价')
  assert.equal(labelText('zh', '满90减10'), '满90减10')
  assert.equal(labelText('zh', 'constructor'), 'constructor')
})

test('a parameter is a text, never a pattern, and a missing one leaves its place to be seen', () => {
  assert.equal(fill('{a} {b} {toString}', { a: '$& {b}' }), '$& {b} {b} {toString}')
})
