/** The way of an order as steps, from what the server says happened. */
import type { OrderOut } from '@core/api/mall'
import type { Key } from '@/i18n'

export interface Step {
  readonly key: Key
  readonly icon: string
  readonly at: string | null
  readonly done: boolean
}

/** Return what was and what is to come; a cancelled order ends where it was cancelled. */
export function stepsOf(order: OrderOut): Step[] {
  const placed: Step = { key: 'order.step.placed', icon: 'clipboard-list', at: order.placed_at, done: true }
  const paid: Step = { key: 'order.step.paid', icon: 'wallet', at: order.paid_at, done: order.paid_at !== null }
  if (order.state === 'cancelled') {
    const cancelled: Step = { key: 'order.step.cancelled', icon: 'circle-x', at: order.cancelled_at, done: true }
    return order.paid_at === null ? [placed, cancelled] : [placed, paid, cancelled]
  }
  const isDone = order.state === 'completed'
  const last: Readonly<Record<string, readonly [Key, string]>> = {
    pickup: ['order.step.fetched', 'package-check'], express: ['order.step.shipped', 'truck'], instant: ['order.step.delivered', 'bike'], in_store: ['order.step.used', 'store'],
  }
  const [key, icon] = last[order.delivery] ?? (['order.step.handed', 'shopping-bag'] as const)
  const preparing: Step = { key: 'order.step.preparing', icon: 'boxes', at: null, done: order.paid_at !== null }
  const end: Step = { key, icon, at: order.completed_at, done: isDone }
  return order.channel === 'pos' && order.delivery !== 'express' ? [placed, paid, end] : [placed, paid, preparing, end]
}
