import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from 'playwright'

/** Of some processes the one that is most at work meanwhile. */
export async function busiestOf(pids: readonly number[], during: Promise<unknown>): Promise<number> {
  return (await worked(pids, during))[0]!.pid
}

/** The one of several processes that is at work: looks for a second at a time, until one has done three times as much as any other. */
export async function onlyBusyOf(pids: () => readonly number[]): Promise<number> {
  for (;;) {
    const [first, second] = await worked(pids(), new Promise((resolve) => setTimeout(resolve, 1_000)))
    if (first && second && first.work > 3 * second.work) return first.pid
  }
}

/** What each of the processes does meanwhile, the busiest first. */
async function worked(pids: readonly number[], during: Promise<unknown>): Promise<{ pid: number; work: number }[]> {
  const before = pids.map((pid) => ({ pid, work: workOf(pid) }))
  await during
  return before.map(({ pid, work }) => ({ pid, work: workOf(pid) - work })).toSorted((a, b) => b.work - a.work)
}

/** Has a page be at work for so many milliseconds. */
export function workingOf(page: Page, length: number): Promise<void> {
  return page.evaluate((time) => {
    for (const end = performance.now() + time; performance.now() < end;) Math.random()
  }, length)
}

export function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** The words of its command, each ended by a zero; nothing where it has ended. */
export function commandOf(pid: number): string {
  return read(pid, 'cmdline')
}

export function parentOf(pid: number): number {
  return Number(fieldsOf(pid)[1] ?? 0)
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended with its parent.
  }
}

/** Resolves when a process does nothing any more. */
export async function ended(pid: number): Promise<void> {
  // One that nobody has asked for its end is a zombie, without a command.
  while (commandOf(pid) !== '') await new Promise((resolve) => setTimeout(resolve, 10))
}

/** How long a process has been at work, in ticks of the kernel's clock (`utime` in proc(5)). */
function workOf(pid: number): number {
  return Number(fieldsOf(pid)[11] ?? 0)
}

/** What proc(5) tells after the name in parentheses: state, parent, group and so on. */
function fieldsOf(pid: number): string[] {
  return read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? []
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}
