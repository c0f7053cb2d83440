/** The way of an after-sale request, for its head and its list. */
import type { RequestOut } from '@core/api/mall'

type State = RequestOut['state']

export const STATE_ICONS: Readonly<Record<State, string>> = {
  asked: 'clock', approved: 'check', refused: 'circle-x', received: 'package-check', done: 'circle-check', withdrawn: 'undo-2',
}

/** While it is open it can be taken back by whoever asked. */
export const canWithdraw = (state: State): boolean => state === 'asked' || state === 'approved'
