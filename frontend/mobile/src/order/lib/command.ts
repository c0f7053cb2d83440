/**
 * The order as it is sent. Its id is made once for what is being ordered and is its key for ever: sent again after a lost
 * answer, the same command is the same order; what is changed by the shopper becomes another one.
 */
import { uuid7 } from '@/app/ids'

export class OrderIds {
  private id = ''
  private for = ''

  /** Return the id for a command: the same while its content is the same. */
  idOf(content: unknown): string {
    const wanted = JSON.stringify(content)
    if (wanted !== this.for) {
      this.for = wanted
      this.id = uuid7()
    }
    return this.id
  }
}
