/** Claiming a coupon: signed in, with an id made here, so that a lost answer claims nothing twice. */
import { reactive } from 'vue'
import type { CouponOfferOut } from '@core/api/mall'
import { api } from '@/app/api'
import { toast } from '@/app/faults'
import { member } from '@/app/go'
import { uuid7 } from '@/app/ids'
import { isSignedIn } from '@/app/token'
import { t } from '@/i18n'

const ids = new Map<string, string>()

export function useClaiming() {
  const state = reactive({ busy: '' })

  async function claim(offer: CouponOfferOut, then: () => unknown, staffCode = ''): Promise<void> {
    if (!isSignedIn()) return member('/find/coupons/index')
    if (offer.held > 0) return member('/member/coupons/index')
    if (offer.needs_staff_code && staffCode === '') return member(`/find/coupons/index?code=${offer.template_code}`)
    const id = ids.get(offer.template_code) ?? uuid7()
    ids.set(offer.template_code, id)
    state.busy = offer.template_code
    try {
      await api('post', '/me/coupons', { body: { id, template_code: offer.template_code, staff_code: staffCode } })
      ids.delete(offer.template_code)
      uni.showToast({ title: t('find.claimed'), icon: 'success' })
      await then()
    } catch (fault) {
      toast(fault)
    } finally {
      state.busy = ''
    }
  }
  return { state, claim }
}
