/** The card as a picture on this device, and saving it: by a canvas of the browser, or of the mini-program. */
import type { ComponentPublicInstance } from 'vue'
import { HEIGHT, paint, WIDTH, type Card, type Photo } from '@/components/product/card'

const QUALITY = 0.92
const PHOTO_WAIT_MS = 8_000

export type Saved = 'saved' | 'press' | 'denied' | 'failed'

type Loadable = CanvasImageSource & { onload: unknown; onerror: unknown; src: string; width: number; height: number }

/** The photo, or null when it does not come: the card goes without. */
function photoOf(image: Loadable, source: string): Promise<Photo | null> {
  return new Promise((resolve) => {
    if (source === '') return resolve(null)
    const timer = setTimeout(() => resolve(null), PHOTO_WAIT_MS)
    const end = (photo: Photo | null) => {
      clearTimeout(timer)
      resolve(photo)
    }
    image.onload = () => end({ image, width: image.width, height: image.height })
    image.onerror = () => end(null)
    image.src = source
  })
}

// #ifdef H5
async function drawnHere(card: Card, source: string): Promise<string> {
  const canvas = document.createElement('canvas')
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const image = new Image()
  image.crossOrigin = 'anonymous'
  paint(canvas.getContext('2d')!, card, await photoOf(image as unknown as Loadable, source))
  return canvas.toDataURL('image/jpeg', QUALITY)
}

/** Download it. WeChat's browser downloads nothing: there a long press saves. */
function download(picture: string, name: string): Saved {
  if (/MicroMessenger/i.test(navigator.userAgent)) return 'press'
  const link = document.createElement('a')
  link.href = picture
  link.download = `${name}.jpg`
  link.click()
  return 'saved'
}
// #endif
// #ifndef H5
interface NativeCanvas {
  width: number
  height: number
  getContext(kind: '2d'): CanvasRenderingContext2D
  createImage(): Loadable
}

function canvasOf(host: ComponentPublicInstance | null): Promise<NativeCanvas | null> {
  return new Promise((resolve) =>
    uni.createSelectorQuery().in(host).select('.card-canvas').fields({ node: true } as UniApp.NodeField, (found) => resolve((found as { node?: NativeCanvas } | null)?.node ?? null)).exec(),
  )
}

async function drawnInWechat(card: Card, source: string, host: ComponentPublicInstance | null): Promise<string> {
  const canvas = await canvasOf(host)
  if (canvas === null) return ''
  canvas.width = WIDTH
  canvas.height = HEIGHT
  paint(canvas.getContext('2d'), card, await photoOf(canvas.createImage(), source))
  return new Promise((resolve) =>
    uni.canvasToTempFilePath({
      canvas, width: WIDTH, height: HEIGHT, destWidth: WIDTH, destHeight: HEIGHT, fileType: 'jpg', quality: QUALITY,
      success: ({ tempFilePath }: { tempFilePath: string }) => resolve(tempFilePath),
      fail: () => resolve(''),
    } as unknown as UniApp.CanvasToTempFilePathOptions),
  )
}

/** Put it into the phone's album. */
function toAlbum(picture: string): Promise<Saved> {
  return new Promise((resolve) =>
    uni.saveImageToPhotosAlbum({
      filePath: picture,
      success: () => resolve('saved'),
      fail: (fault: { errMsg?: string }) => resolve(/auth|authorize|deny/.test(fault.errMsg ?? '') ? 'denied' : 'failed'),
    }),
  )
}
// #endif

/** Return the card as a picture to show; the empty word when there is no canvas to draw on. `host` holds the canvas. */
export function pictureOf(card: Card, source: string, host: ComponentPublicInstance | null): Promise<string> {
  // #ifdef H5
  return drawnHere(card, source)
  // #endif
  // #ifndef H5
  return drawnInWechat(card, source, host)
  // #endif
}

export async function savePicture(picture: string, name: string): Promise<Saved> {
  // #ifdef H5
  return download(picture, name)
  // #endif
  // #ifndef H5
  return toAlbum(picture)
  // #endif
}
