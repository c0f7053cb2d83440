import { expect, test } from 'vitest'
import { Refused, Unreachable } from '@core/api/client.ts'
import { chooseLanguage } from '@/i18n'
import { tell } from '@/app/faults'

const refusal = (status: number, data: object, headers: Record<string, string> = {}) => new Refused({ status, data, headers })

test('no answer is told as a weak network', () => {
  chooseLanguage('en')
  expect(tell(new Unreachable())).toEqual({ kind: 'offline', title: 'The network is weak', text: 'Check your connection and try again. Nothing you entered is lost.' })
})

test('a refusal keeps the words of the server, and those at a field first', () => {
  const problem = { title: 'Not enough left', remedy: 'Take fewer.', code: 'inventory.short', errors: [{ field: 'lines.0', code: 'short', message: 'Only 2 are left.' }] }
  expect(tell(refusal(409, problem))).toEqual({ kind: 'refused', title: 'Not enough left', text: 'Only 2 are left.' })
  expect(tell(refusal(409, { ...problem, errors: [] })).text).toBe('Take fewer.')
})

test('a busy server says when to try again', () => {
  expect(tell(refusal(503, { title: 'Busy' }, { 'Retry-After': '3' })).text).toBe('Busy right now, try again in 3 s')
  expect(tell(refusal(500, {})).kind).toBe('server')
})

test('what does not exist is told as gone', () => {
  expect(tell(refusal(404, {})).kind).toBe('gone')
})
