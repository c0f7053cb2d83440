/** What a coupon is worth and what it asks for, in one short line each. */
import { yuan } from '@/app/show'
import { isEnglish, t } from '@/i18n'

export interface CouponTerms {
  readonly kind: 'amount' | 'percent' | 'gift' | 'freight' | 'service'
  readonly amount_fen: number
  readonly percent_off_bp: number
  readonly cap_fen?: number | null
  readonly threshold_fen: number
}

/** ¥20, 8.5 折 / 15 % off, 免运费, 赠品. */
export function worth(coupon: CouponTerms): string {
  switch (coupon.kind) {
    case 'amount':
      return `¥${yuan(coupon.amount_fen)}`
    case 'percent': {
      const off = coupon.percent_off_bp / 100
      return isEnglish.value ? t('find.percentOff', { n: off }) : t('find.percentOff', { n: Number(((100 - off) / 10).toFixed(2)) })
    }
    case 'freight':
      return t('find.freightCoupon')
    case 'service':
      return t('find.serviceCoupon')
    default:
      return t('find.giftCoupon')
  }
}

export function condition(coupon: CouponTerms): string {
  if (coupon.kind === 'service') return t('find.atTheTill')
  const from = coupon.threshold_fen > 0 ? t('find.fromAmount', { yuan: yuan(coupon.threshold_fen) }) : t('find.noThreshold')
  return coupon.cap_fen ? `${from} · ${t('find.capped', { yuan: yuan(coupon.cap_fen) })}` : from
}
