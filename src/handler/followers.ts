import type { Ack } from '../message/ack.ts'
import { definitionCheck } from '../message/definition.ts'
import type { QueueDefinition } from '../message/definition.ts'
import { DEFAULTS, orderOf } from '../message/defaults.ts'
import { shown } from '../message/error.ts'
import { invalid } from '../message/checks.ts'
import { MOST_CHARACTERS, MOST_FOLLOWERS } from '../protocol/following.ts'
import type { Follower } from '../protocol/following.ts'
import { ofKey, queueKey } from '../protocol/names.ts'
import { outgoing } from '../protocol/outgoing.ts'
import type { Addressed } from '../protocol/outgoing.ts'

/**
 * What follows on a message of a queue, as it goes to who drains that.
 *
 * @param key the queue's. What is defined, and not open, is of the same identity.
 * @throws QueueError `invalid-option`, `invalid-body` or `body-too-large`.
 */
export function followersOf({ enqueue }: Ack, key: string): readonly Follower[] {
  if (!Array.isArray(enqueue) || enqueue.length > MOST_FOLLOWERS) {
    throw invalid(`Expected \`enqueue\` to be at most ${MOST_FOLLOWERS} of [queue, body, options], got ${shown(enqueue)}`)
  }
  const { identity } = ofKey(key)
  const followers = enqueue.map((followOn, index): Follower => {
    if (!Array.isArray(followOn)) throw invalid(`Expected \`enqueue[${index}]\` to be [queue, body, options], got ${shown(followOn)}`)
    const [queue, body, options] = followOn as unknown as Ack['enqueue'][number]
    const { key, rules } = addressOf(queue, identity, index)
    return { queue: key, message: outgoing(body, options, rules) as Follower['message'] }
  })
  const characters = followers.reduce((sum, { message }) => sum + message.body.length, 0)
  if (characters <= MOST_CHARACTERS) return followers
  throw invalid(`Expected the bodies of \`enqueue\` to have at most ${MOST_CHARACTERS} characters of JSON, got ${characters}`)
}

function addressOf(queue: unknown, identity: string | undefined, index: number): Addressed<unknown> {
  const { relaying } = (queue ?? {}) as { readonly relaying?: Addressed<unknown> }
  if (relaying) return relaying
  if (!definitionCheck.passes(queue))
    throw invalid(`Expected \`enqueue[${index}][0]\` to be a queue, or its definition, got ${shown(queue)}`)
  const { name, options } = queue as QueueDefinition
  return {
    key: queueKey(name, identity),
    rules: {
      setup: { ...DEFAULTS, ...options, ...orderOf(options) },
      group: options.group?.bind(options),
      dedupKey: options.dedupKey?.bind(options),
      schema: options.schema,
      codec: options.codec,
      encryption: options.encryption,
    },
  }
}
