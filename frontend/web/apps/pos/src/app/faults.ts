/** What a person is told when something did not work. */

import { Refused, Unreachable } from '@core/api/client.ts'
import { t } from './i18n.ts'

export interface Told {
  readonly title: string
  readonly remedy: string
}

export function told(fault: unknown): Told {
  if (fault instanceof Unreachable) return { title: t('fault.unreachable'), remedy: t('fault.unreachable_remedy') }
  if (fault instanceof Refused) return { title: fault.message, remedy: fault.remedy }
  const isFull = fault instanceof Error && /quota/i.test(`${fault.name} ${fault.message}`)
  if (isFull) return { title: t('fault.full'), remedy: t('fault.full_remedy') }
  console.error(fault)
  return { title: t('fault.other'), remedy: t('fault.other_remedy') }
}
