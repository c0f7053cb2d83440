/** The dark modules of a QR code as the path of a vector picture: runs of a row are one stroke each. */
export function pathOf(modules: readonly string[], quiet: number): string {
  return modules
    .flatMap((row, y) => [...row.matchAll(/1+/g)].map((run) => `M${run.index + quiet} ${y + quiet}h${run[0].length}v1h-${run[0].length}z`))
    .join('')
}
