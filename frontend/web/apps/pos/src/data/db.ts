/** What the till keeps: goods, rules, its sales with their outbox, held baskets, who it is. */

import Dexie from 'dexie'
import type { Table } from 'dexie'
import type { KeptItemOut, MadeSaleIn, MemberOut } from '@core/api/pos.d.ts'
import type { SoldLine } from './receipts.ts'

/** A bucket of goods; the server says which ones differ. */
export interface KeptBucket {
  readonly number: number
  readonly digest: string
  readonly items: readonly KeptItemOut[]
}

/** A sale as it was made, with what its receipt shows; written once. */
export interface SaleRow {
  readonly id: string
  readonly seq: number
  readonly soldAt: string
  readonly digest: string
  readonly made: MadeSaleIn
  readonly lines: readonly SoldLine[]
  readonly goodsFen: number
  readonly discounts: readonly { readonly label: string, readonly amountFen: number }[]
  readonly payableFen: number
  readonly tender: 'cash' | 'card'
  readonly tenderedFen: number
  readonly changeFen: number
  readonly cashier: string
  readonly member: MemberOut | null
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
}

/** A basket put aside under a name. */
export interface HeldRow {
  readonly id: string
  readonly name: string
  readonly heldAt: string
  readonly totalFen: number
  readonly basket: unknown
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
  }

  async get<T>(key: string): Promise<T | undefined> {
    return (await this.meta.get(key))?.value as T | undefined
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.meta.put({ key, value })
  }
}

export const db = new TillDb()
