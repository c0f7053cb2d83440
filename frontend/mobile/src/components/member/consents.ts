/** What a member can agree to, purpose by purpose. The version goes to the ledger with the answer. */
import { api } from '@/app/api'

export const POLICY_VERSION = '2026-11'
/** `terms` is what membership rests on; the others are wishes that can be taken back at any time. */
export const PURPOSES = ['marketing', 'marketing.associate'] as const
export type Purpose = 'terms' | (typeof PURPOSES)[number]

export const agree = (purpose: Purpose) => api('put', '/me/consents/{purpose}', { path: { purpose }, body: { policy_version: POLICY_VERSION } })
export const withdraw = (purpose: Purpose) => api('delete', '/me/consents/{purpose}', { path: { purpose } })
