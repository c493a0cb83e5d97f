import { QueueError } from './error.ts'

/** As much of a Standard Schema as is used: https://standardschema.dev, version 1. */
export interface StandardSchema<T> {
  /** What the schema is and does; the name is the standard's. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

/** What a schema says of a value. */
export type SchemaResult<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] }

/** What is wrong with a value, and where in it. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

/** Whether something is a schema of the version that is known here. */
export function isSchema(value: unknown): boolean {
  const { version, validate } = (value as Partial<StandardSchema<unknown>> | null)?.['~standard'] ?? {}
  return version === 1 && typeof validate === 'function'
}

/** What a schema makes of a body. */
export function validated<T>(schema: StandardSchema<T>, body: unknown): T {
  const result = schema['~standard'].validate(body)
  if ('then' in result) {
    // Nobody waits for it.
    result.catch(() => {})
    throw new QueueError('invalid-option', 'Expected `schema` to validate at once, got a promise')
  }
  if (!result.issues) return result.value
  // Some schemas' lists are of classes of their own, and so would be what `map` makes of them.
  const issues = Array.from(result.issues, ({ message, path = [] }) => [pathOf(path), message].filter(Boolean).join(': '))
  throw new QueueError('invalid-body', `Expected a body that its schema takes: ${issues.join('; ')}`, { cause: result.issues })
}

function pathOf(path: NonNullable<SchemaIssue['path']>): string {
  return Array.from(path, (part) => String(typeof part === 'object' ? part.key : part)).join('.')
}
