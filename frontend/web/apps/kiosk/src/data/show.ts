/** How money, quantities and days are written. */

const CHINA = 'Asia/Shanghai'

export function quantityText(quantity: number, scale: number): string {
  return scale === 1 ? String(quantity) : String(quantity / scale)
}

/** 11月26日 / 26 Nov, on the store's clock. */
export function dayText(iso: string, language: 'zh' | 'en', timeZone: string = CHINA): string {
  const format = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    timeZone, day: 'numeric', month: language === 'zh' ? 'long' : 'short',
  })
  return format.format(new Date(iso))
}
