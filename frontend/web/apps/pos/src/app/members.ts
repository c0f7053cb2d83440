/** Members without the network: kept while the server is heard, gone with the lease or the device. */

import { watch } from 'vue'
import { Refused } from '@core/api/client.ts'
import type { FoundOut, KeptMemberOut } from '@core/api/pos.d.ts'
import { db } from '../data/db.ts'
import { findKept, forgetMembers, keepMembers, keptVersion } from '../data/members.ts'
import { api } from './api.ts'
import { everyRound } from './sender.ts'
import { isLeaseOver, till } from './till.ts'

const EVERY_MS = 10 * 60_000
let lookedAt = 0

/** Ask whether other members come here now. A till that is no till any more keeps nobody. */
async function renew(): Promise<void> {
  if (Date.now() - lookedAt < EVERY_MS) return
  try {
    await keepMembers(db, await api('get', '/api/pos/v1/members/kept', { query: { version: await keptVersion(db) } }))
    lookedAt = Date.now()
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault
    if (fault.status === 401 || fault.status === 403) await forgetMembers(db)
    lookedAt = Date.now()
  }
}

everyRound(renew)
watch([isLeaseOver, () => till.isReady], ([isOver, isReady]) => {
  if (isReady && isOver) void forgetMembers(db)
})

/** What a text leads to without the server; whom the tail of a phone leads to is confirmed. */
export async function findHere(text: string): Promise<FoundOut[]> {
  if (isLeaseOver.value) return []
  const { found, certain } = await findKept(db, text)
  return found.map((one) => ({ member: one.member, needs_confirmation: !certain, rights: rightsHere(one) }))
}

/** What is certain without the server: the tier's price. Coupons, points and what was bought lately are the server's. */
function rightsHere({ member, tier, discount_bp }: KeptMemberOut): FoundOut['rights'] {
  return {
    member, tier, coupons: [], code_scanned: false, is_new: false, bought_lately: [],
    benefits: { discount_bp, points_multiplier_bp: 10_000, because: [] },
    points: { available: 0, pending: 0, debt: 0, next_expiries: [] },
  }
}
