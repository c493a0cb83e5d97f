export { queueForm } from './producer/queue-form.ts'
export type { FormOptions, FormQueue } from './producer/form-options.ts'
export type { FieldError, Refusal } from './producer/form-errors.ts'
export type { FormWords } from './producer/form-status.ts'
