/** All that goes into the price chain and comes out of it; the files behind it are named as in Python. */

export * from './basket.ts'
export type { GivenBasket, GivenCampaign, GivenCoupon, GivenLine } from './defaults.ts'
export * from './quote.ts'
export * from './reasons.ts'
export * from './rights.ts'
