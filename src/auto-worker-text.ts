/**
 * The ready-made worker as text, for where its file does not load: bundlers do not all ship it. Filled in as the package is built; loaded only then.
 */
export const source: string = ''
