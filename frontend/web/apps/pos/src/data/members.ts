/**
 * Members that the till knows while it is cut off. What lies on the disk is encrypted (AES-GCM) and found by keyed hashes (HMAC)
 * of the phone's last four digits, the member's number and the card's: nothing of a person is there in clear. The keys are
 * the browser's own objects and cannot be read by any script; who takes the whole disk and opens the browser's files is
 * stopped by the lease, at whose end all of it goes, and by the disk's own encryption.
 */

import type { KeptMemberOut, KeptMembersOut } from '@core/api/pos.d.ts'
import type { TillDb } from './db.ts'

export interface KeptMemberRow {
  readonly id?: number
  readonly marks: readonly string[]
  readonly iv: Uint8Array
  readonly sealed: Uint8Array
}

interface Keys {
  readonly version: string
  readonly find: CryptoKey
  readonly seal: CryptoKey
}

const KEYS = 'memberKeys'
const encoder = new TextEncoder()
const MARK_BYTES = 16

/** Return what finds a member: the last digits of the phone, and both numbers. */
function marksOf({ member }: KeptMemberOut): string[] {
  const tail = /([0-9]{4})$/.exec(member.phone_masked)?.[1]
  return [...(tail === undefined ? [] : [`tail:${tail}`]), `number:${member.number}`, `number:${member.card_number}`]
}

/** Return what a typed text could be the mark of; `isWhole`: it leads to one member for certain. */
function asked(text: string): { mark: string, head: string, isWhole: boolean } | null {
  const typed = text.replace(/[\s-]/g, '').replace(/^\+?86(?=1[0-9]{10}$)/, '')
  if (/^[0-9]{4}$/.test(typed)) return { mark: `tail:${typed}`, head: '', isWhole: false }
  if (/^1[0-9]{10}$/.test(typed)) return { mark: `tail:${typed.slice(-4)}`, head: typed.slice(0, 3), isWhole: false }
  return /^[0-9]{6,20}$/.test(typed) ? { mark: `number:${typed}`, head: '', isWhole: true } : null
}

async function marked(key: CryptoKey, text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))).slice(0, MARK_BYTES)
  return [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('')
}

async function keysOf(secret: string, version: string): Promise<Keys> {
  const raw = Uint8Array.from(atob(secret), (sign) => sign.charCodeAt(0))
  const root = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey'])
  const from = (info: string) => ({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: encoder.encode(info) })
  return {
    version,
    find: await crypto.subtle.deriveKey(from('find'), root, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']),
    seal: await crypto.subtle.deriveKey(from('seal'), root, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']),
  }
}

/** Return which version of the members is kept; empty: none. */
export async function keptVersion(db: TillDb): Promise<string> {
  return (await db.get<Keys>(KEYS))?.version ?? ''
}

/** Replace what is kept by what the server told; all of it or nothing. */
export async function keepMembers(db: TillDb, told: KeptMembersOut): Promise<void> {
  if (told.members === null || told.members === undefined) return
  const keys = await keysOf(told.key, told.version)
  const rows: KeptMemberRow[] = []
  for (const one of told.members) {
    const iv = crypto.getRandomValues(new Uint8Array(12))
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, keys.seal, encoder.encode(JSON.stringify(one))))
    rows.push({ marks: await Promise.all(marksOf(one).map((mark) => marked(keys.find, mark))), iv, sealed })
  }
  await db.transaction('rw', db.members, db.meta, async () => {
    await db.members.clear()
    await db.members.bulkAdd(rows)
    await db.set(KEYS, keys)
  })
}

/** Forget all members and what opened them. */
export async function forgetMembers(db: TillDb): Promise<void> {
  await db.transaction('rw', db.members, db.meta, async () => {
    await db.members.clear()
    await db.meta.delete(KEYS)
  })
}

/** Return the kept members that a text leads to; `certain`: there is no doubt who it is. */
export async function findKept(db: TillDb, text: string): Promise<{ found: KeptMemberOut[], certain: boolean }> {
  const keys = await db.get<Keys>(KEYS)
  const wanted = asked(text)
  if (keys === undefined || wanted === null) return { found: [], certain: false }
  const rows = await db.members.where('marks').equals(await marked(keys.find, wanted.mark)).toArray()
  const opened = await Promise.all(rows.map(async ({ iv, sealed }) => {
    const clear = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: iv as BufferSource }, keys.seal, sealed as BufferSource)
    return JSON.parse(new TextDecoder().decode(clear)) as KeptMemberOut
  }))
  const found = opened.filter((one) => one.member.phone_masked.startsWith(wanted.head))
  return { found, certain: wanted.isWhole && found.length === 1 }
}
