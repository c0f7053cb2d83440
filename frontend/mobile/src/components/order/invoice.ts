/** What an invoice shall say, as it is typed. It is never kept in the phone's storage. */
export interface InvoiceDraft {
  kind: 'person' | 'company'
  title: string
  tax_number: string
  email: string
}

export const emptyInvoice = (): InvoiceDraft => ({ kind: 'person', title: '', tax_number: '', email: '' })

/** Whether it can be sent; the server checks the code's last character and the address. */
export const isWhole = (draft: InvoiceDraft): boolean => draft.title.trim() !== '' && (draft.kind === 'person' || draft.tax_number.trim().length === 18)

/** As the API wants it: a person has no tax number, letters of a code are capitals. */
export const invoiceBody = (draft: InvoiceDraft) => ({
  kind: draft.kind,
  title: draft.title.trim(),
  email: draft.email.trim(),
  tax_number: draft.kind === 'company' ? draft.tax_number.trim().toUpperCase() : '',
})
