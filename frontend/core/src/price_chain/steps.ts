/** Steps of a campaign: which one an amount reaches, and how many times. See promotions/rules/steps.py. */

import { floorOver } from '../integer.ts'
import type { Campaign, Step } from './contracts/index.ts'

/** The highest step that an amount reaches and how often it counts: with `repeats` once per multiple. */
export interface Reached {
  readonly step: Step
  readonly times: number
}

/** Return the step of the campaign that the amount reaches, or `null`. */
export function reached({ steps, repeats }: Campaign, amountFen: number): Reached | null {
  let best: Step | null = null
  for (const step of steps) {
    if (step.threshold_fen <= amountFen && (best === null || step.threshold_fen > best.threshold_fen)) best = step
  }
  if (best === null) return null
  return { step: best, times: repeats ? floorOver(amountFen, 1, best.threshold_fen) : 1 }
}

/** Return the step that is reached first. Throws `TypeError` when there are none. */
export function lowest({ steps }: Campaign): Step {
  return steps.reduce((a, b) => (a.threshold_fen <= b.threshold_fen ? a : b))
}
