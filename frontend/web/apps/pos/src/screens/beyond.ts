/** What a sale leads to beside goods and money: a service for a coupon, and goods from elsewhere. */

import { ref } from 'vue'
import type { Ref } from 'vue'
import { mayLeave } from '../app/aside.ts'
import { counter } from '../app/counter.ts'
import { open as discountsOpen } from '../app/discounts.ts'
import type { Told } from '../app/faults.ts'
import { t } from '../app/i18n.ts'
import { till } from '../app/till.ts'
import { needsWay } from '../data/ways.ts'

/** Windows from which a scanned service coupon may lead on: nobody is paying there. */
const AT_REST = [null, 'member', 'receipt', 'rights']

/** `typed`: what stands in the search field. */
export function useBeyond<Dialog extends string>(dialog: Ref<Dialog | 'service' | 'aisle' | 'way' | 'discount' | null>, typed: () => string, say: (what: Told) => void) {
  /** What to look for in the full range. */
  const aisleText = ref('')
  /** The coupon's code to hand a service out for; empty: it is asked for. */
  const serviceCode = ref('')

  function open(code: string): void {
    serviceCode.value = code
    dialog.value = 'service'
  }

  /** A service needs no purchase; while somebody pays it waits. */
  function serve(code: string): void {
    if ((AT_REST as readonly (string | null)[]).includes(dialog.value)) open(code)
    else say({ title: t('service.later'), remedy: t('service.later_remedy') })
  }

  /** What was typed and is not here is looked for everywhere; what lies on the counter may go to the customer's home. */
  function goAisle(): void {
    aisleText.value = typed().trim()
    dialog.value = aisleText.value === '' && counter.basket.lines.length > 0 ? 'way' : 'aisle'
  }

  /** How the goods reach the customer, as it was when somebody began to pay. */
  let wayAtPay = ''

  function noteWay(): void {
    wayAtPay = JSON.stringify(counter.basket.way ?? null)
  }

  /** Tell whether they still do: another member's code takes a way away, and then nobody pays for something else. */
  function isSameWay(failed: (what: Told) => void): boolean {
    if (!needsWay(counter.basket) && JSON.stringify(counter.basket.way ?? null) === wayAtPay) return true
    failed({ title: t('way.changed'), remedy: t('way.changed_remedy') })
    return false
  }

  /** Tell whether all of it may be sold so: every discount is allowed (a manager is asked), and the goods may go. */
  function areAllowed(failed: (what: Told) => void): boolean {
    if (!mayLeave(failed)) return false
    if (discountsOpen.value.length === 0) return true
    if (till.isReached) dialog.value = 'discount'
    else failed({ title: t('discount.open'), remedy: t('discount.open_offline') })
    return false
  }

  function browse(): void {
    aisleText.value = ''
    dialog.value = 'aisle'
  }

  return { aisleText, serviceCode, serve, serveAny: () => open(''), goAisle, browse, noteWay, isSameWay, areAllowed }
}
