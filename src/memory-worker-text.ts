/**
 * The worker that keeps messages in memory, as text, for where the browser denies all storage. Filled in as the package is built; loaded only then.
 */
export const source: string = ''
