/** Requests by uni, the same in the browser and in the mini-program. */
import { Unreachable, type Reply, type Send } from '@core/api/client.ts'

const TIMEOUT_MS = 15_000

export const send: Send = (method, url, body, headers) =>
  new Promise<Reply>((resolve, reject) => {
    uni.request({
      url,
      // The mini-program's types leave PATCH out; the platform sends what it is given.
      method: method as UniApp.RequestOptions['method'],
      header: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { data: body as object }),
      dataType: 'json',
      timeout: TIMEOUT_MS,
      success: (answer) =>
        resolve({ status: answer.statusCode, data: answer.data, headers: (answer.header ?? {}) as Record<string, string> }),
      fail: () => reject(new Unreachable()),
    })
  })
