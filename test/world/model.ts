/** What a test knows of one message. */
export interface Known {
  /** The bodies that it had, the last of which it has: each enqueue has a number of its own for a body. */
  readonly bodies: number[]
  readonly group: string
  readonly key: string | undefined
  most: number
  ttl: number | undefined
  /** Where it stands in the line, among all that ever stood there, and who stood there last as it was enqueued. */
  place: number
  readonly askedAt: number
  id: string | undefined
  /** `asked`: whoever enqueued it was not answered. */
  state: 'asked' | 'delayed' | 'waiting' | 'dead' | 'gone'
  why: string
  /** Nobody knows before the next rest: a host died that was asked something, or that was answered; or the leader was superseded. */
  isUnsure: boolean
  /** Nobody was told whether it was aborted: it is listed until a leader meets it, and may leave the queue then. */
  mayBeAborted?: true
  /** It is to stand for another, and nobody was answered yet. */
  mayReplace: boolean
  /** It was redriven while another had its dedup key: it has none. */
  isKeyless?: true
  /** It was stored beside another of its dedup key, which could not be changed any more. */
  isBehind: boolean
  /** The server has taken it. */
  isAccepted: boolean
  /** The server has said that it will never take it. */
  isRejected: boolean
  /** What was sent under its id. */
  sent: string | undefined
  /** How often the server said what counts, and how often nothing at all. */
  answers: number
  unanswered: number
  /** When it joins the tail, and until when it may be sent, at the earliest and at the latest. */
  due: Bounds
  expires: Bounds
  /** It joined while these were enqueued, so that nobody knows who is first. */
  readonly beside: Set<Known>
}

/** A time of the queue, as far as it can be told from outside. */
interface Bounds {
  readonly low: number
  readonly high: number
}

const NEVER: Bounds = { low: Infinity, high: Infinity }
const AT_ONCE: Bounds = { low: 0, high: 0 }

/** Clocks are slewed by less than this at once. */
const UNEVENNESS = 1_000

export function throwFault(text: string): never {
  throw new Error(text)
}

/**
 * The queue as it is promised, in plain arrays. What comes when is not foretold: requests that arrive are compared with what may be sent now, answers are
 * taken down as what they mean, and at rest all that the queue tells of itself must be what is known.
 */
export class Model {
  readonly isHalting: boolean
  readonly all: Known[] = []
  /** In the order in which they are to be sent. What has left it since the last rest is still in here. */
  line: Known[] = []
  readonly paused: Set<string> = new Set()
  /** Who halts a group. */
  readonly halted: Map<string, Known> = new Map()
  isPaused = false
  /** Since the last rest. */
  isDoubtful = false
  /** What the clock says; what a leader that was there all the while would say at least; what anybody can have said at most. */
  #now: number
  #even: number
  #high: number
  /** A leader begins, and has not looked at the clock yet, as far as anybody knows. */
  #isBeginning = false
  #places = 0

  constructor(isHalting: boolean, now: number) {
    this.isHalting = isHalting
    this.#now = this.#even = this.#high = now
  }

  /** Queue time, for a leader. */
  get time(): Bounds {
    return { low: Math.max(this.#now, this.#even), high: this.#high }
  }

  advance(by: number): void {
    this.#now += by
    this.#even += by
    this.#high += by
  }

  /** Somebody sets the clock. */
  jump(by: number): void {
    this.#now += by
    if (by > 0) this.#high += by
    if (this.#isBeginning) this.#even = Math.min(this.#even, this.#now)
  }

  /** There is another leader, who knows what the one before has written. */
  takeOver(): void {
    this.begin()
    this.doubt()
  }

  /** A term begins. */
  begin(): void {
    this.#even = this.#now
    this.#isBeginning = true
  }

  /** What the leader writes after that tells that it has looked at the clock. */
  begun(): void {
    this.#isBeginning = false
  }

  of(state: Known['state']): Known[] {
    return this.all.filter((known) => known.state === state)
  }

  /** A message that is met, by its id, and its body. Where its host died before it could answer, one has learned of the other. */
  find(id: string, body: number): Known {
    const [known, asked] = [this.byId(id), this.all.find(({ bodies }) => bodies.includes(body))]
    if (!asked) return throwFault(`nobody enqueued ${body}`)
    if (known && known !== asked && asked.state === 'asked') this.update(known, asked)
    else if (known && known !== asked) throwFault(`${show(known)} has the body of ${show(asked)}`)
    const found = known ?? asked
    if (found.id !== undefined && found.id !== id) throwFault(`${show(found)} has another id, ${id}`)
    found.id = id
    if (found.state === 'asked') this.#learn(found)
    return found
  }

  byId(id: string): Known | undefined {
    return this.all.find((known) => known.id === id)
  }

  /** By one whose enqueue was not answered yet. */
  mayBeReplaced({ key, group }: Known): boolean {
    return key !== undefined && this.all.some((other) => other.key === key && other.group === group && other.mayReplace)
  }

  /** Who has a dedup key now. */
  owners(group: string, key: string): Known[] {
    const isHere = ({ state, isUnsure }: Known): boolean => state === 'waiting' || state === 'delayed' || state === 'asked' || isUnsure
    return this.all.filter((known) => known.key === key && known.group === group && isHere(known))
  }

  /** A time from now, as who enqueues can tell it. */
  #after(delay: number): Bounds {
    return { low: this.#now + delay, high: this.#high + delay }
  }

  ask(body: number, options: Pick<Known, 'group' | 'key' | 'most' | 'ttl'> & { delay: number | undefined }): Known {
    const { delay, ...given } = options
    const known: Known = {
      ...given,
      bodies: [body],
      id: undefined,
      place: 0,
      askedAt: this.#places,
      state: 'asked',
      why: '',
      isUnsure: false,
      isAccepted: false,
      isRejected: false,
      mayReplace: false,
      isBehind: false,
      sent: undefined,
      answers: 0,
      unanswered: 0,
      beside: new Set(),
      due: delay ? this.#after(delay) : AT_ONCE,
      expires: given.ttl ? this.#after(given.ttl) : NEVER,
    }
    this.all.push(known)
    return known
  }

  /** It has the body, and the times, of one that was enqueued later. */
  update(known: Known, later: Known): void {
    // Met before whoever enqueued it was answered.
    if (!this.all.includes(later)) return
    known.bodies.push(...later.bodies)
    known.bodies.sort((a, b) => a - b)
    // Where it was met with a later one's body first, that one's options stand.
    if (known.bodies.at(-1) === later.bodies.at(-1)) {
      const before = this.#perhapsBefore(known, later)
      const due = later.due !== AT_ONCE && known.state === 'delayed' ? this.#orJoined(before, later.due) : before
      Object.assign(known, { expires: later.expires, most: later.most, ttl: later.ttl, due })
    }
    this.forget(later)
  }

  /** The time that it had before a later one changed it: perhaps that of others, which changed it in between, and of which nobody was told. */
  #perhapsBefore({ due, group, key, state }: Known, later: Known): Bounds {
    const between = this.all.filter(
      (other) => other.state === 'asked' && other.key === key && other.group === group && other.bodies[0]! < later.bodies[0]!,
    )
    const all =
      state === 'delayed' && key !== undefined ? [due, ...between.flatMap((other) => (other.due === AT_ONCE ? [] : [other.due]))] : [due]
    return all.length === 1 ? due : { low: Math.min(...all.map(({ low }) => low)), high: Math.max(...all.map(({ high }) => high)) }
  }

  /** Where the time that it had is over, it may have joined before it had another. */
  #orJoined(before: Bounds, after: Bounds): Bounds {
    return before.low <= this.time.high ? { low: 0, high: after.high } : after
  }

  /** It was not stored, or is the same as another. */
  forget(known: Known): void {
    if (this.all.includes(known)) this.all.splice(this.all.indexOf(known), 1)
  }

  refuse(known: Known): void {
    Object.assign(known, { state: 'gone', why: 'refused' })
  }

  /** It stands where another stood, which has left the queue. */
  replace(before: Known, known: Known): void {
    if (before.state === 'delayed') {
      known.state = 'delayed'
      known.due = this.#orJoined(before.due, known.due === AT_ONCE ? before.due : known.due)
      if (before.due.low <= this.time.high) for (const other of this.all) known.beside.add(other)
    } else {
      // Its place is there already.
      known.due = AT_ONCE
      this.join(known, this.line.indexOf(before))
      known.place = before.place
      for (const other of before.beside) known.beside.add(other)
      for (const other of this.all) if (other.beside.has(before)) other.beside.add(known)
    }
    this.leave(before, 'gone', 'replaced', true)
  }

  /** It is met before whoever enqueued it is answered: it may stand where another stood. */
  #learn(known: Known): void {
    const before = known.mayReplace ? this.owners(known.group, known.key!).filter((other) => other !== known) : []
    const high = Math.max(known.due.high, ...before.map(({ due }) => due.high))
    if (before.length > 0 && high > 0) known.due = { low: 0, high }
    this.stored(known)
    known.isBehind = before.length > 0
    for (const other of before) other.isUnsure = true
    if (before.length > 0) for (const other of this.all) if (other !== known) known.beside.add(other)
  }

  stored(known: Known): void {
    // Where nobody was answered, it is learned late; who was enqueued since stands behind it, or before.
    for (const other of this.all) if (other.place > known.askedAt && other.bodies[0]! > known.bodies[0]!) known.beside.add(other)
    if (known.due.high > 0) known.state = 'delayed'
    else this.join(known, this.line.length)
  }

  /** It stands in line from now on. */
  join(known: Known, at: number): void {
    known.state = 'waiting'
    known.place = ++this.#places
    this.line.splice(at, 0, known)
    // What could have joined before this was enqueued may stand before it, or behind.
    for (const other of this.of('delayed')) if (other.due.low <= this.time.high) other.beside.add(known)
  }

  leave(known: Known, state: 'dead' | 'gone', why: string, isSure: boolean = !this.isDoubtful): void {
    Object.assign(known, { state, why, isUnsure: !isSure })
    for (const [group, letter] of this.halted) if (letter === known && state === 'gone') this.halted.delete(group)
  }

  /**
   * A request arrives.
   *
   * @param isLeading whether the leader sends it. One that was superseded may send what it had reserved.
   */
  arrive(body: number, id: string, text: string, isLeading: boolean): Known {
    const known = this.find(id, body)
    const fault = (what: string): never => throwFault(`${what}: ${show(known)}`)
    if (known.sent !== undefined && known.sent !== text) fault(`under one key, ${known.sent} was sent, and then ${text}`)
    if (known.sent === undefined && known.bodies.at(-1) !== body) fault(`sent with an old body, ${body}`)
    known.sent = text
    if (!isLeading) return known
    if (known.state === 'delayed') this.#joins(known)
    if ((known.state === 'gone' || known.state === 'dead') && !known.isUnsure) fault(`sent after it had left the queue`)
    if (this.time.low > known.expires.high + UNEVENNESS) fault('sent after its time')
    if (this.time.high < known.due.low) fault('sent before its time')
    const before = this.#before(known).filter(
      (other) => !other.isAccepted && !other.isUnsure && other.state === 'waiting' && !this.mayBeDead(other),
    )
    if (before.length > 0) fault(`sent before ${before.map(show).join(', ')}`)
    const letter = this.halted.get(known.group)
    if (letter && letter !== known && !letter.isUnsure) fault(`sent while its group is halted by ${show(letter)}`)
    return known
  }

  /** Those that must have been sent before. */
  #before(known: Known): Known[] {
    return this.line
      .slice(0, this.line.indexOf(known))
      .filter((other) => other.group === known.group && !known.beside.has(other) && !other.beside.has(known))
  }

  /** For a reason that no answer tells. */
  mayBeDead({ answers, unanswered, most, expires }: Known): boolean {
    return answers + Math.max(0, unanswered - 5) >= most || expires.low <= this.time.high + UNEVENNESS
  }

  #joins(known: Known): void {
    const first = this.of('delayed').filter(
      (other) => other.group === known.group && other.due.high < known.due.low && !other.isUnsure && !this.mayBeDead(other),
    )
    if (first.length > 0) throwFault(`${show(known)} sent before what was due first: ${first.map(show).join(', ')}`)
    this.join(known, this.line.length)
  }

  /**
   * What the server says is heard.
   *
   * @param isLeading whether by the leader: what one hears that was superseded comes to nothing.
   */
  answer(known: Known, status: number, isLeading: boolean): void {
    if (status === 200) known.isAccepted = true
    if (status === 422) known.isRejected = true
    // An answer that was there before it was aborted counts; which it was, the receipt will say.
    if (known.why === 'aborted') return
    // Written before the next leader began, it counts.
    if (status === 500 || status === 409) known.answers += 1
    else if (status === 0) known.unanswered += 1
    else if (!isLeading) known.isUnsure ||= status === 200 || status === 422
    else if (status === 200) this.leave(known, 'gone', 'accepted')
    else if (status === 422) this.#die(known, 'rejected')
  }

  #die(known: Known, why: string, isSure?: boolean): void {
    this.leave(known, 'dead', why, isSure)
    if (this.isHalting) this.halted.set(known.group, known)
  }

  /** Nobody knows whether what the server said since the last rest is on disk. */
  doubt(): void {
    this.isDoubtful = true
    for (const known of this.line) if (known.why === 'accepted' || known.why === 'rejected') known.isUnsure = true
  }

  /** Put back at the tail, in their order; one that halts its group is tried again in its place. */
  redrive(letters: readonly Known[]): void {
    for (const known of letters.toSorted((a, b) => a.place - b.place)) {
      if (this.halted.get(known.group) === known) this.halted.delete(known.group)
      else {
        this.line = this.line.filter((other) => other !== known)
        this.join(known, this.line.length)
      }
      const expires = known.ttl === undefined ? NEVER : this.#after(known.ttl)
      // Whoever has its key meanwhile keeps it.
      if (known.key !== undefined && this.owners(known.group, known.key).some((other) => other !== known)) known.isKeyless = true
      Object.assign(known, { state: 'waiting', why: 'redriven', isUnsure: false, isRejected: false, expires, answers: 0, unanswered: 0 })
    }
  }

  /** A group goes on without the letter that halts it. */
  letGo(group: string): void {
    const letter = this.halted.get(group)
    this.halted.delete(group)
    if (letter) this.line = this.line.filter((known) => known !== letter)
  }

  /** What the server has said of it came to nothing. */
  comeBack(known: Known): void {
    known.state = 'waiting'
    known.why = ''
    if (this.halted.get(known.group) === known) this.halted.delete(known.group)
  }

  /** A message is a dead letter, which the server has not said alone: for that there is to be a reason. */
  died(known: Known, reason: string): void {
    // What a superseded leader hears late makes it unsure, and halts no group again that was let go.
    if (known.state === 'dead') return
    const { answers, unanswered, most, expires } = known
    const mayExpire = reason === 'expired' && expires.low <= this.time.high + UNEVENNESS
    const mayBeExhausted = reason === 'attempts-exhausted' && answers + Math.max(0, unanswered - 5) >= most
    const mayBeRejected = reason === 'rejected' && known.isRejected && (known.isUnsure || known.why === 'aborted')
    if (!mayExpire && !mayBeExhausted && !mayBeRejected) throwFault(`a dead letter, ${reason}: ${show(known)}`)
    if (known.state === 'delayed') this.join(known, this.line.length)
    this.#die(known, reason, true)
  }

  /** All is at rest: what has left the line has left it. */
  rest(): void {
    this.isDoubtful = false
    for (const known of this.all) known.mayReplace = false
    this.line = this.line.filter((known) => known.state === 'waiting' || this.halted.get(known.group) === known)
  }
}

export function show({ id, bodies, group, key, state, why, isUnsure, due, expires }: Known): string {
  const times = [due === AT_ONCE ? '' : ` due ${due.low}-${due.high}`, expires === NEVER ? '' : ` expires ${expires.low}-${expires.high}`]
  return `${bodies.join('/')} (${id}, group "${group}", key ${key}, ${state} ${why}${isUnsure ? '?' : ''}${times.join('')})`
}
