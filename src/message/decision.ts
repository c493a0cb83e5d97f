/**
 * What was decided of the message at an offset of a batch, where it was not simply stored: there was no space left for it; its body is not there any more; one of its dedup
 * key is in the queue, and it is the same as that, which may have its body now; or it stands in the place of that.
 */
export type Decision = readonly [
  offset: number,
  decided: 'full' | 'lost' | { readonly sameAs: string; readonly isUpdated?: true } | { readonly replaced: string },
]
