export interface Sample {
  readonly name: string
  readonly bytes: ArrayBuffer
  /** How many are to come. */
  readonly left: number
}

/** Has a dozen pictures drawn, and calls back with each. */
export function drawSamples(drawn: (sample: Sample) => void, failed: (error: unknown) => void): void {
  const worker = new Worker(new URL('./samples.worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('error', ({ message }) => failed(new Error(message)))
  worker.addEventListener('message', ({ data }: MessageEvent<Sample>) => {
    if (data.left === 0) worker.terminate()
    drawn(data)
  })
}
