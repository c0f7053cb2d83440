/** What to tell the shopper about a fault: a title, a text, and whether trying again makes sense. */
import { Refused, Unreachable } from '@core/api/client.ts'
import { t } from '@/i18n'

export interface Told {
  readonly title: string
  readonly text: string
  readonly kind: 'offline' | 'server' | 'gone' | 'refused'
}

export function tell(fault: unknown): Told {
  if (fault instanceof Unreachable) return { title: t('fault.offline.title'), text: t('fault.offline.text'), kind: 'offline' }
  if (fault instanceof Refused) {
    if (fault.status === 404) return { title: fault.message || t('fault.gone.title'), text: fault.remedy || t('fault.gone.text'), kind: 'gone' }
    if (fault.status === 429 || fault.status === 503) {
      const text = fault.retryAfterS === null ? t('fault.server.text') : t('fault.busy', { s: fault.retryAfterS })
      return { title: fault.message || t('fault.server.title'), text, kind: 'server' }
    }
    if (fault.status < 500) return { title: fault.message || t('fault.other.title'), text: fault.errors[0]?.message ?? fault.remedy, kind: 'refused' }
  }
  return { title: t('fault.server.title'), text: t('fault.server.text'), kind: 'server' }
}

/** Say a fault in passing, in one line. */
export function toast(fault: unknown): void {
  const told = tell(fault)
  uni.showToast({ title: told.text && told.kind === 'refused' ? `${told.title} ${told.text}` : told.title, icon: 'none', duration: 2800 })
}
