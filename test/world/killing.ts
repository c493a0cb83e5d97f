import { afterEach, beforeEach } from 'vitest'
import { breakStorage } from './break-storage.ts'
import { Life, ownConnections } from './life.ts'

/** In each test of the file, nothing is written by a host that was killed. `watch` is called before something is written, with the name of its database. */
export function theDeadWriteNothing(watch: (database: string) => void = () => {}): void {
  const mends: (() => void)[] = []
  beforeEach(() => {
    mends.push(
      ownConnections(),
      breakStorage(({ database, mode }) => {
        if (mode === 'readwrite') watch(database.name)
        return Life.of(database)?.isOver ? 'lost' : undefined
      }),
    )
  })
  afterEach(() => {
    for (const mend of mends.splice(0).toReversed()) mend()
  })
}
