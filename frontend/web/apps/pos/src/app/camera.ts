/** Codes by the camera, where the browser can read them itself (BarcodeDetector: Chromium on Android, ChromeOS and macOS). */

interface Detector {
  detect(picture: HTMLVideoElement): Promise<readonly { rawValue: string }[]>
}

interface DetectorClass {
  new (options: { formats: readonly string[] }): Detector
  getSupportedFormats(): Promise<readonly string[]>
}

const WANTED = ['ean_13', 'ean_8', 'upc_a', 'upc_e', 'code_128', 'code_39', 'itf', 'qr_code', 'data_matrix']
const LOOK_MS = 120

const detectorClass = (): DetectorClass | undefined => (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector

/** Tell whether this browser reads codes and has a camera to ask for. */
export function hasCamera(): boolean {
  return detectorClass() !== undefined && navigator.mediaDevices?.getUserMedia !== undefined
}

/** Show the camera and tell the first code it sees. Return what switches it off; throws when the camera is refused. */
export async function watchCodes(video: HTMLVideoElement, tell: (code: string) => void): Promise<() => void> {
  const reader = detectorClass()
  if (reader === undefined) throw new Error('no reader of codes')
  const able = await reader.getSupportedFormats()
  const detector = new reader({ formats: WANTED.filter((format) => able.includes(format)) })
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } })
  let isOn = true
  const stop = (): void => {
    if (!isOn) return
    isOn = false
    for (const track of stream.getTracks()) track.stop()
    video.srcObject = null
  }
  video.srcObject = stream
  // A camera that is slow to its first picture is looked at all the same; before it there is nothing to see.
  void video.play().catch(() => undefined)
  const look = async (): Promise<void> => {
    if (!isOn) return
    const code = (await detector.detect(video).catch(() => []))[0]?.rawValue
    if (!isOn) return
    if (code === undefined || code === '') window.setTimeout(() => void look(), LOOK_MS)
    else {
      stop()
      tell(code)
    }
  }
  void look()
  return stop
}
