/** The way of an order as steps: the server says which there are and which were taken. */
import type { OrderOut } from '@core/api/mall'
import type { Key } from '@/i18n'

type Kind = OrderOut['steps'][number]['kind']

export interface Step {
  readonly key: Key
  readonly icon: string
  readonly at: string | null
  readonly done: boolean
}

const ICONS: Readonly<Record<Kind, string>> = {
  placed: 'clipboard-list', paid: 'wallet', preparing: 'boxes', ready: 'package-check', shipped: 'truck', on_the_way: 'bike', completed: 'circle-check', cancelled: 'circle-x',
}

/** A step is done when it has a time, or when a later one has: what nobody noted happened all the same. */
export function stepsOf(order: OrderOut): Step[] {
  const last = order.steps.reduce((found, step, index) => (step.at === null ? found : index), -1)
  return order.steps.map((step, index) => ({ key: `order.step.${step.kind}`, icon: ICONS[step.kind], at: step.at, done: index <= last }))
}
