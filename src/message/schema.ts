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
  const result = resultOf(schema, body, 'schema')
  if (!result.issues) return result.value
  throw new QueueError('invalid-body', `Expected a body that its schema takes: ${textOf(result.issues)}`, { cause: result.issues })
}

/** @param option which has the schema. */
export function resultOf<T>(schema: StandardSchema<T>, value: unknown, option: string): SchemaResult<T> {
  const result = schema['~standard'].validate(value)
  if (!('then' in result)) return result
  // Nobody waits for it.
  result.catch(() => {})
  throw new QueueError('invalid-option', `Expected \`${option}\` to validate at once, got a promise`)
}

export function textOf(issues: readonly SchemaIssue[]): string {
  // Some schemas' lists are of classes of their own, and so would be what `map` makes of them.
  return Array.from(issues, ({ message, path = [] }) => [pathOf(path), message].filter(Boolean).join(': ')).join('; ')
}

function pathOf(path: NonNullable<SchemaIssue['path']>): string {
  return Array.from(path, (part) => String(typeof part === 'object' ? part.key : part)).join('.')
}
