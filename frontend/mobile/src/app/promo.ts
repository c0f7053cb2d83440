/** The associate whose code or share led here: it goes along when somebody joins. Only as long as the mall is open. */
let staffCode = ''

export function rememberStaff(code: string | null | undefined): void {
  if (code) staffCode = code
}

export const staffOf = (): string => staffCode
