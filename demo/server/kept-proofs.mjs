import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Keys } from './keys.mjs'

/** @import { Proof, ProofConfirmation } from '../src/proof.ts' */

/** How many are kept, and how much they may be together, in bytes; beyond, the oldest goes. */
const MOST = 40
const MOST_BYTES = 128 * 1024 * 1024

/**
 * A proof of delivery, the key that it came with, and what stands for its content.
 *
 * @typedef {Proof & { readonly key: string, readonly fingerprint: string }} KeptProof
 */

/**
 * The proofs of delivery that came last, in a folder: of each the photograph, byte for byte, and then what is known of it. It counts from
 * the moment the second file is there, key and all, so that one that is sent again is known again, also after the server was started anew.
 * (The key goes with its photograph, once so many more have come. A server with more room keeps keys for longer.)
 */
export class KeptProofs {
  keys = new Keys((key) => {
    const kept = [...this.#kept.values()].find((proof) => proof.key === key)
    return kept && { fingerprint: kept.fingerprint, confirmation: confirmationOf(kept) }
  })
  #directory
  /** By number, the oldest first. @type {Map<number, KeptProof>} */
  #kept
  #lastNumber

  /**
   * @param {string} directory
   * @param {readonly KeptProof[]} earlier what is in it, the oldest first
   */
  constructor(directory, earlier) {
    this.#directory = directory
    this.#kept = new Map(earlier.map((proof) => [proof.number, proof]))
    this.#lastNumber = earlier.at(-1)?.number ?? 0
  }

  /** What pages are told, the newest first. @returns {Proof[]} */
  get newest() {
    return Array.from(this.#kept.values(), ({ key: _key, fingerprint: _fingerprint, ...proof }) => proof).toReversed()
  }

  /**
   * Resolves when it is on disk.
   *
   * @param {Omit<KeptProof, 'number' | 'receivedAt' | 'size' | 'fingerprint'>} proof
   * @param {Uint8Array} bytes the photograph
   */
  async add(proof, bytes) {
    this.#lastNumber += 1
    const fingerprint = this.keys.fingerprintOf(proof.key)
    const kept = { ...proof, fingerprint, number: this.#lastNumber, receivedAt: new Date().toISOString(), size: bytes.length }
    const about = this.#path(kept.number, 'json')
    await writeFile(this.#path(kept.number, 'photo'), bytes, { flush: true })
    await writeFile(`${about}.part`, JSON.stringify(kept), { flush: true })
    await rename(`${about}.part`, about)
    this.#kept.set(kept.number, kept)
    await this.#makeRoom()
    return kept
  }

  /**
   * @param {number} number
   * @returns {Promise<{ type: string, bytes: Buffer } | undefined>}
   */
  async photograph(number) {
    const proof = this.#kept.get(number)
    return proof && { type: proof.type, bytes: await readFile(this.#path(number, 'photo')) }
  }

  async #makeRoom() {
    let bytes = 0
    const tooMany = [...this.#kept.values()].toReversed().filter((proof, index) => {
      bytes += proof.size
      return index >= MOST || bytes > MOST_BYTES
    })
    for (const { number } of tooMany) this.#kept.delete(number)
    for (const { number } of tooMany) {
      await rm(this.#path(number, 'json'), { force: true })
      await rm(this.#path(number, 'photo'), { force: true })
    }
  }

  /**
   * @param {number} number
   * @param {'json' | 'photo'} kind
   */
  #path(number, kind) {
    return join(this.#directory, `${number}.${kind}`)
  }
}

/**
 * What a device is told when its photograph has been taken in, and told again when it asks again.
 *
 * @param {KeptProof} proof
 * @returns {ProofConfirmation}
 */
export function confirmationOf({ number, order }) {
  return { proof: number, order }
}

/**
 * Reads what is in a folder, or makes one.
 *
 * @param {string} directory
 */
export async function openKeptProofs(directory) {
  await mkdir(directory, { recursive: true })
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json'))
  /** @type {KeptProof[]} */
  const proofs = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8'))))
  return new KeptProofs(
    directory,
    proofs.toSorted((a, b) => a.number - b.number),
  )
}
