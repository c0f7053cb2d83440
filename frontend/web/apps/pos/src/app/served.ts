/** Who serves at this till: the people of its store, and whoever is signed in. */

import { computed } from 'vue'
import type { Colleague, Credit, SoldBy } from '../data/served.ts'
import { namesOf } from '../data/served.ts'
import { till } from './till.ts'

/** First whoever is signed in; a visiting colleague too. */
export const colleagues = computed<Colleague[]>(() => {
  const known = till.rules?.colleagues ?? []
  const me = till.session?.staff
  return me === undefined ? [...known] : [{ id: me.id, name: me.name }, ...known.filter((one) => one.id !== me.id)]
})

export function peopleOf(credits: readonly Credit[]): SoldBy[] {
  return namesOf(credits, colleagues.value)
}
