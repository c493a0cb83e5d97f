import { QueueError } from '../message/error.ts'

export function closedError(name: string): QueueError {
  return new QueueError('closed', `The queue "${name}" is closed`)
}

export function destroyedError(name: string): QueueError {
  return new QueueError('destroyed', `The queue "${name}" was destroyed, and all that waited in it`)
}
