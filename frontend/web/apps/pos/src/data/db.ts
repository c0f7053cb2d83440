/** What the till keeps: goods, rules, its sales with their outbox, held baskets, who it is. */

import Dexie from 'dexie'
import type { KeptMemberRow } from './members.ts'
import type { Way } from './ways.ts'
import type { Table } from 'dexie'
import type { KeptItemOut, MadeSaleIn, MemberOut, SaleIn, TenderIn } from '@core/api/pos.d.ts'
import type { AdvisedRow, KeptAdvice } from './advice.ts'
import type { SoldLine } from './receipts.ts'
import type { ReturnRow } from './returns.ts'
import type { SoldTender } from './tenders.ts'

/** A bucket of goods; the server says which ones differ. */
export interface KeptBucket {
  readonly number: number
  readonly digest: string
  readonly items: readonly KeptItemOut[]
}

/** A sale as it was made, with what its receipt shows; written once. `made` null: sold by the server itself. */
export interface SaleRow {
  readonly id: string
  readonly seq: number
  readonly soldAt: string
  readonly digest: string
  readonly made: MadeSaleIn | null
  readonly lines: readonly SoldLine[]
  readonly goodsFen: number
  readonly discounts: readonly { readonly label: string, readonly amountFen: number }[]
  readonly payableFen: number
  readonly tenders: readonly SoldTender[]
  readonly changeFen: number
  readonly rights: SoldRights | null
  readonly cashier: string
  readonly member: MemberOut | null
  /** What made the amount round, in fen. */
  readonly roundingFen?: number
  readonly isWrapped?: boolean
  /** The goods were not carried out; `number` is the order's. */
  readonly way?: Way & { readonly freightFen: number, readonly number: string }
  /** For the paper of a sale just made that is fetched elsewhere; not kept. */
  readonly pickupCode?: string
}

/** What the member used, as the receipt tells it. */
export interface SoldRights {
  readonly coupons: readonly { readonly label: string, readonly amountFen: number }[]
  readonly points: number
  readonly pointsFen: number
}

/** `pending`: to be sent; `sent`: an order there; `kept`: a person must look at it. */
export interface OutboxRow {
  readonly id: string
  readonly seq: number
  readonly state: 'pending' | 'sent' | 'kept'
  readonly tries: number
  readonly nextAt: number
  readonly number: string
  readonly reason: { readonly code: string, readonly title: string, readonly remedy: string } | null
  /** It was given up here before anybody fetched it. */
  readonly isCancelled?: true
}

/** A basket put aside under a name. */
export interface HeldRow {
  readonly id: string
  readonly name: string
  readonly heldAt: string
  readonly totalFen: number
  readonly basket: unknown
}

/**
 * A sale that only the server can make (coupons, points, payment codes): its id and number are here before it is sent, so
 * that asking again is asking about the same. `dropped`: it is to be cancelled there.
 */
export interface OnlineRow {
  readonly id: string
  readonly seq: number
  readonly state: 'open' | 'dropped' | 'done' | 'cancelled'
  readonly body: SaleIn
  readonly basket: unknown
  readonly wallet: 'wechat' | 'alipay' | null
  /** When the payment code was charged first, in milliseconds; 0: not yet. */
  readonly chargedAt: number
}

interface MetaRow {
  readonly key: string
  readonly value: unknown
}

/** One database per till of this browser. */
export class TillDb extends Dexie {
  declare readonly meta: Table<MetaRow, string>
  declare readonly buckets: Table<KeptBucket, number>
  declare readonly sales: Table<SaleRow, string>
  declare readonly outbox: Table<OutboxRow, string>
  declare readonly held: Table<HeldRow, string>
  declare readonly online: Table<OnlineRow, string>
  declare readonly returns: Table<ReturnRow, string>
  declare readonly advice: Table<KeptAdvice, number>
  declare readonly advised: Table<AdvisedRow, string>
  declare readonly members: Table<KeptMemberRow, number>

  constructor(name = 'quanyu-pos') {
    // Strict: a write is on the disk before it counts, also when the power goes a moment later.
    super(name, { chromeTransactionDurability: 'strict' })
    this.version(1).stores({
      meta: 'key',
      buckets: 'number',
      sales: 'id, &seq, soldAt',
      outbox: 'id, &seq, state',
      held: 'id, heldAt',
    })
    this.version(2).stores({ online: 'id, &seq, state' }).upgrade((change) => change.table('sales').toCollection().modify((row) => {
      row.tenders = row.made.tenders.map((one: TenderIn) => ({
        tender: one.tender, amountFen: one.amount_fen, tenderedFen: one.tender === 'cash' ? one.tendered_fen ?? one.amount_fen : null,
        reference: one.reference,
      }))
      row.rights = null
      delete row.tender
      delete row.tenderedFen
    }))
    this.version(3).stores({ returns: 'id, state' })
    this.version(4).stores({ advice: 'number', advised: 'id' })
    this.version(5).stores({ members: '++id, *marks' })
  }

  async get<T>(key: string): Promise<T | undefined> {
    return (await this.meta.get(key))?.value as T | undefined
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.meta.put({ key, value })
  }
}

export const db = new TillDb()
