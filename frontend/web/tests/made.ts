/** Sales, goods and answers as tests need them. */

import type { KeptItemOut, RulesOut, TakenOut } from '@core/api/pos.d.ts'
import { TillDb } from '@pos/data/db.ts'
import { uuid7 } from '@pos/data/ids.ts'
import type { NewSale } from '@pos/data/journal.ts'

let databases = 0

export function freshDb(): TillDb {
  databases += 1
  return new TillDb(`till-${databases}`)
}

export function sale(payableFen = 650, soldAt = '2026-11-23T04:00:00.000Z'): NewSale {
  const id = uuid7()
  return {
    id, soldAt, goodsFen: payableFen, payableFen, discounts: [], changeFen: 0,
    tenders: [{ tender: 'cash', amountFen: payableFen, tenderedFen: payableFen, reference: '' }],
    cashier: '陈', member: null,
    lines: [{ skuId: 1, name: '纯牛奶', quantity: 1, scale: 1, unit: '盒', unitFen: payableFen, listFen: payableFen, netFen: payableFen, labels: [], giftOf: '' }],
    made: {
      id, staff_id: 7, sold_at: soldAt, version: '0'.repeat(16), member_id: null, payable_fen: payableFen, gift_wrap: false,
      lines: [{ sku_id: 1, quantity: 1, unit_price_fen: payableFen, net_fen: payableFen, gift_of: '', discount_fen: 0, discount_reason: 'other', rounding_fen: 0 }],
      tenders: [{ tender: 'cash', amount_fen: payableFen, tendered_fen: payableFen, reference: '' }],
    },
  }
}

export function taken(id: string, seq: number, state: 'booked' | 'kept' = 'booked'): TakenOut {
  const reason = { code: 'inventory.stock_short', title: 'short', remedy: 'count' }
  return {
    id, seq, state, number: state === 'booked' ? `XS${seq}` : '', gap_fen: 0, received_at: '2026-11-23T04:00:01Z',
    reason: state === 'kept' ? reason : null,
  }
}

export function item(skuId: number, more: Partial<KeptItemOut> = {}): KeptItemOut {
  return {
    sku_id: skuId, sku_code: `S${skuId}`, name: '纯牛奶', name_en: 'Milk', specification: {}, unit_name: '盒', quantity_scale: 1,
    category_id: 5, category_path: [4, 5], tax_rate_bp: 1300, image: '', barcodes: [], plu: null, price_fen: 650,
    member_price_fen: null, timed_price_fen: null, available: 10, search: '纯牛奶\n cnn nn n chunniunai niunai nai s1',
    tier_prices: [], packs: [], ...more,
  }
}

export const RULES: RulesOut = {
  server_time: '2026-11-23T04:00:00Z', store_path: [1, 3], campaigns: [], categories: [], receipt_footer: '七日内可退换',
  scale_layouts: ['21PPPPPAAAAAC', '22PPPPPWWWWWC'], lease_hours: 24, advice: { version: '', control_bp: 500 }, discount_limit_bp: 1000, rounding_off_fen: 99, sells_only_set_aside: false, wraps_gifts: true, colleagues: [{ id: 7, name: '陈' }, { id: 8, name: '王芳' }, { id: 9, name: '李雷' }],
  store: { id: 3, name: '南山店', name_en: 'Nanshan', address: '科苑路 15 号', phone: '400-000-0001', time_zone: 'Asia/Shanghai' },
}
