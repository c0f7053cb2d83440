/** The slip of cash put in or taken out, as it prints: it goes into the drawer and is signed. */

import type { CashMoveOut, RulesOut, TillOut } from '@core/api/pos.d.ts'
import { formatYuan } from '@core/money.ts'
import { moment } from './receipts.ts'
import type { PaperRow, Words } from './receipts.ts'

export interface Moved {
  readonly move: CashMoveOut
  readonly store: RulesOut['store']
  readonly till: Pick<TillOut, 'code'>
  readonly staff: string
}

export function cashSlip({ move, store, till, staff }: Moved, t: Words): PaperRow[] {
  const row = (kind: PaperRow['kind'], left = '', right = ''): PaperRow => ({ kind, left, right })
  return [
    row('title', store.name),
    row('centre', t(move.amount_fen > 0 ? 'cash.slip_in' : 'cash.slip_out')),
    row('rule'),
    row('pair', t('cash.till'), till.code),
    row('pair', t('paper.time'), moment(move.at, store.time_zone)),
    row('pair', t('paper.cashier'), staff),
    row('pair', t('cash.reason'), move.reason),
    row('total', t('cash.amount_short'), `¥${formatYuan(Math.abs(move.amount_fen))}`),
    row('rule'),
    row('text', `${t('cash.signature')} ________________`),
  ]
}
