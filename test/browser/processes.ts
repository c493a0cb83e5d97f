import { readFileSync } from 'node:fs'

/** Of some processes the one that is most at work, within a time in milliseconds. */
export async function busiestOf(pids: readonly number[], during: number | Promise<unknown>): Promise<number> {
  const before = pids.map((pid) => [pid, workOf(pid)] as const)
  await (typeof during === 'number' ? new Promise((resolve) => setTimeout(resolve, during)) : during)
  const worked = before.map(([pid, work]) => [pid, workOf(pid) - work] as const)
  return worked.sort(([, a], [, b]) => b - a)[0]![0]
}

/** How long a process has been at work, in ticks of the kernel's clock (`utime` in proc(5)). */
function workOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[11])
  } catch {
    return 0
  }
}
