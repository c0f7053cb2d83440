import { beforeEach, describe, expect, it } from 'vitest'
import { TillDb } from '@pos/data/db.ts'
import { findKept, forgetMembers, keepMembers, keptVersion } from '@pos/data/members.ts'

const KEY = btoa(String.fromCharCode(...new Uint8Array(32).fill(7)))
const gold = { code: 'gold', name: '金卡', name_en: 'Gold' }
const member = (id: number, phone: string, name: string) => ({
  member: { id: `m${id}`, number: `900000000000000${id}`, card_number: `980000000000000${id}`, tier: 'gold', level: 'verified', name_masked: name, phone_masked: phone },
  tier: gold, discount_bp: 500,
})
const TOLD = { version: 'aaaaaaaaaaaaaaaa', key: KEY, members: [member(1, '138****0007', '钱*多'), member(2, '139****0007', '赵*敏'), member(3, '138****1111', '孙*')] }
let db: TillDb
let turn = 0

beforeEach(async () => {
  turn += 1
  db = new TillDb(`members-${turn}`)
  await keepMembers(db, TOLD)
})

describe('members without the network', () => {
  it('POS-05: finds by tail, whole phone, number and card, and says when it is not certain', async () => {
    const ids = async (text: string) => (({ found, certain }) => [found.map((one) => one.member.id).sort(), certain])(await findKept(db, text))
    expect(await ids('0007')).toEqual([['m1', 'm2'], false])
    expect(await ids('138 1234 0007')).toEqual([['m1'], false])
    expect(await ids('+86 139-9999-0007')).toEqual([['m2'], false])
    expect(await ids('9000000000000003')).toEqual([['m3'], true])
    expect(await ids('9800000000000003')).toEqual([['m3'], true])
    expect(await ids('9999')).toEqual([[], false])
    expect(await ids('钱多多')).toEqual([[], false])
  })

  it('POS-07: nothing of a person lies on the disk in clear, and the keys cannot be read', async () => {
    const rows = await db.members.toArray()
    expect(rows).toHaveLength(3)
    const text = rows.map((row) => JSON.stringify(row.marks) + new TextDecoder('latin1').decode(row.sealed)).join('')
    for (const word of ['****0007', '****1111', '9000000', '9800000', '钱', '"gold"', '"m1"']) expect(text).not.toContain(word)
    const keys = (await db.get<{ find: CryptoKey, seal: CryptoKey }>('memberKeys'))!
    expect([keys.find.extractable, keys.seal.extractable]).toEqual([false, false])
    await expect(crypto.subtle.exportKey('raw', keys.seal)).rejects.toThrow()
    // The same member is sealed anew each time, so that nobody sees who stayed.
    await keepMembers(db, TOLD)
    expect((await db.members.toArray())[0]!.sealed).not.toEqual(rows[0]!.sealed)
  })

  it('who is not told any more is gone, and another key opens nothing', async () => {
    await keepMembers(db, { ...TOLD, version: 'bbbbbbbbbbbbbbbb', members: TOLD.members.slice(1) })
    expect(await keptVersion(db)).toBe('bbbbbbbbbbbbbbbb')
    expect((await findKept(db, '9000000000000001')).found).toEqual([])
    await keepMembers(db, { ...TOLD, version: 'cccccccccccccccc', members: null })
    expect(await keptVersion(db)).toBe('bbbbbbbbbbbbbbbb')
    await forgetMembers(db)
    expect([await db.members.count(), await keptVersion(db), (await findKept(db, '0007')).found]).toEqual([0, '', []])
  })
})
