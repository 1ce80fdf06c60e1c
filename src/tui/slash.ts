/** What the commands do. */
import type { MemberView, MessageView } from '../node/api.ts'
import { currentNetwork, type Model, type NetworkModel } from '../view-model/model.ts'
import { messageAt } from '../view-model/timeline.ts'
import { closedText, whyLeader } from '../view-model/words.ts'
import type { Face } from './face.ts'
import type { Feeds } from './feeds.ts'

const JOIN_TIMEOUT_MS = 20_000
const CHANGE_TIMEOUT_MS = 30_000
/** Minutes for a million entries. */
const VERIFY_MS = 600_000
const patience = { timeoutMs: CHANGE_TIMEOUT_MS }

const LINK = 'parley://'

/** A link may have been broken into lines on its way. */
export const targetOf = (argument: string): string =>
  argument.startsWith(LINK) ? argument.replace(/\s+/g, '') : argument

export class Commands {
  readonly #face: Face
  readonly #feeds: Pick<Feeds, 'look' | 'lookAndList'>

  constructor(face: Face, feeds: Pick<Feeds, 'look' | 'lookAndList'>) {
    this.#face = face
    this.#feeds = feeds
  }

  /** Never rejects: what goes wrong is said. */
  async run(name: string, argument: string): Promise<void> {
    try {
      await this.#run(name, argument)
    } catch (thrown) {
      this.#face.fail(thrown)
    }
  }

  async #run(name: string, argument: string): Promise<void> {
    switch (name) {
      case 'quit':
        this.#face.end()
        return
      case 'help':
        this.#face.dispatch({ kind: 'overlay', overlay: { kind: 'help', top: 0 } })
        return
      case 'status':
        this.#face.dispatch({ kind: 'overlay', overlay: { kind: 'status', top: 0 } })
        await this.#feeds.look()
        return
      case 'networks':
        await this.#feeds.lookAndList()
        this.#face.say(this.#listText(this.#face.state.model))
        return
      case 'create':
      case 'join':
        await this.#enter(name, argument)
        return
      default: {
        const network = currentNetwork(this.#face.state.model)
        if (network !== null) await this.#runIn(network, name, argument)
        else this.#face.say('✗ You are in no network: /create NAME or /join NAME first.', 'error')
      }
    }
  }

  async #runIn(network: NetworkModel, name: string, argument: string): Promise<void> {
    const face = this.#face
    const closed = closedText(network, face.state.model.self)
    switch (name) {
      case 'me':
        if (closed !== null) face.say(`✗ Not sent: ${closed}`, 'error')
        else if (argument !== '') face.send(network.id, [`/me ${argument}`])
        return
      case 'names':
        face.dispatch({ kind: 'overlay', overlay: { kind: 'members', top: 0 } })
        await this.#feeds.look()
        return
      case 'whois':
        this.#withMember(network, argument, ({ id }) =>
          face.dispatch({ kind: 'overlay', overlay: { kind: 'member', id } }),
        )
        return
      case 'ignore':
        this.#ignore(network, argument)
        return
      case 'mute':
        face.dispatch({ kind: 'mute', network: network.id, isMuted: !network.isMuted })
        face.say(
          network.isMuted ? `The bell rings for ${network.name}` : `${network.name} is muted`,
        )
        return
      case 'search':
        if (argument === '') face.say('✗ Search for what? /search WORDS', 'error')
        else face.dispatch({ kind: 'search', network: network.id, query: argument })
        return
      case 'clear':
        face.dispatch({ kind: 'clear' })
        return
      case 'leader':
        face.say(whyLeader(network.status))
        return
      case 'trace':
        await this.#trace(network, argument)
        return
      case 'verify':
        await this.#verify(network)
        return
      case 'merge':
        this.#toMerge(network)
        return
      default:
        await this.#change(network, name, argument)
    }
  }

  /** Commands that change the network for everybody, or this node's part in it. */
  async #change(network: NetworkModel, name: string, argument: string): Promise<void> {
    const { client } = this.#face
    const { id, name: called } = network
    switch (name) {
      case 'topic':
        if (argument === '') {
          this.#face.say(network.status.topic === '' ? 'No topic.' : network.status.topic)
          return
        }
        await client.call('set_topic', { network: id, topic: argument }, patience)
        this.#face.say(`The topic of ${called} is now: ${argument}`)
        break
      case 'kick':
        await client.call('kick', { network: id, member: argument }, patience)
        this.#face.say(`${argument} is no longer a member of ${called}`)
        break
      case 'ban':
        await client.call('ban', { network: id, member: argument }, patience)
        this.#face.say(`${argument} is banned from ${called}`)
        break
      case 'unban':
        await client.call('unban', { network: id, member: argument }, patience)
        this.#face.say(`${argument} may come into ${called} again`)
        break
      case 'role': {
        const [, member = '', role = ''] = /^(.*\S)\s+(\S+)$/.exec(argument) ?? []
        await client.call('set_role', { network: id, member, role }, patience)
        this.#face.say(`${member} is now ${role} of ${called}`)
        break
      }
      case 'leave':
        await client.call('leave', { network: id }, patience)
        this.#face.say(`You left ${called}; its history stays here.`)
        break
      case 'invite': {
        const { link, expires, uses } = await client.call('invite', { network: id })
        this.#face.options.copy(link)
        const limits = expires === null ? [] : [`For ${uses ?? 'any number'}, until ${expires}.`]
        const lines = [link, '', ...limits, 'Also in the clipboard, if this terminal allows it.']
        const title = `Others join ${called} with: /join and this link`
        this.#face.dispatch({ kind: 'overlay', overlay: { kind: 'text', title, lines } })
        return
      }
    }
    await this.#feeds.look()
  }

  /** Creates or joins; a network that was joined before is just shown. */
  async #enter(how: 'create' | 'join', argument: string): Promise<void> {
    const face = this.#face
    const target = targetOf(argument)
    if (target === '') {
      face.say(`✗ Which one? /${how} ${how === 'create' ? 'NAME' : 'NAME-OR-LINK'}`, 'error')
      return
    }
    const known = face.state.model.networks.find(({ name }) => name === target)
    if (how === 'join' && known !== undefined && known.status.removed === undefined) {
      face.dispatch({ kind: 'open-network', network: known.id })
      return
    }
    face.say(how === 'create' ? `Creating ${target} …` : 'Joining …')
    const joined =
      how === 'create'
        ? await face.client.call('create', { name: target }, patience)
        : await face.client.call('join', { target, timeoutMs: JOIN_TIMEOUT_MS }, patience)
    await this.#feeds.lookAndList()
    face.dispatch({ kind: 'open-network', network: joined.network.id }, { kind: 'notice-over' })
  }

  #listText({ networks, offers }: Model): string {
    const found = offers.filter(({ joined }) => !joined).map(({ name }) => name)
    const others = found.length === 0 ? 'no others found' : `found: ${found.join(', ')}`
    return `${networks.length} joined, ${others}`
  }

  #withMember(network: NetworkModel, name: string, what: (member: MemberView) => void): void {
    const wanted = name.replace(/^@/, '').trim().toLowerCase()
    const fits = network.members.filter(
      (member) => member.name.toLowerCase() === wanted || member.id === name,
    )
    const [member] = fits
    if (member !== undefined) what(member)
    else this.#face.say(`✗ Nobody in ${network.name} is called ${name}`, 'error')
  }

  #ignore(network: NetworkModel, name: string): void {
    const { ignored } = this.#face.state.model
    if (name === '') {
      const names = network.members.filter(({ id }) => ignored.includes(id)).map((one) => one.name)
      this.#face.say(
        names.length === 0 ? 'Nobody is ignored here.' : `Ignored: ${names.join(', ')}`,
      )
      return
    }
    this.#withMember(network, name, ({ id, name: called }) => {
      const isIgnored = ignored.includes(id)
      const ids = isIgnored ? ignored.filter((one) => one !== id) : [...ignored, id]
      this.#face.dispatch({ kind: 'ignore', ids })
      this.#face.say(isIgnored ? `${called} is shown again` : `${called} is ignored from now on`)
    })
  }

  /** Details of a message: the given one, the picked one, or the newest. */
  async #trace(network: NetworkModel, argument: string): Promise<void> {
    const given = /^#?(\d+)$/.exec(argument)?.[1]
    if (argument !== '' && given === undefined) {
      this.#face.say('✗ Which message? /trace #POSITION', 'error')
      return
    }
    const position = given === undefined ? network.selected : Number(given)
    const message = await this.#message(network, position ?? network.timeline.newest)
    if (message === null) {
      this.#face.say('✗ There is no such message', 'error')
      return
    }
    const params = { network: network.id, message: message.id }
    const trace = await this.#face.client.call('trace', params)
    this.#face.dispatch({ kind: 'overlay', overlay: { kind: 'message', message, trace } })
  }

  /** A message as it is now: from the node, which knows best who has stored it. */
  async #message(network: NetworkModel, position: number): Promise<MessageView | null> {
    const query = { network: network.id, from: position, limit: 1 }
    const { messages } = await this.#face.client.call('history', query)
    const [found] = messages
    if (found?.position === position) return found
    return messageAt(network.timeline, position)
  }

  /** Checks every signature and every hash of what is stored, which takes a while. */
  async #verify({ id, name }: NetworkModel): Promise<void> {
    this.#face.say(`Checking everything that is stored of ${name} …`)
    const found = await this.#face.client.call('verify', { network: id }, { timeoutMs: VERIFY_MS })
    const { messages, entries, upTo, fingerprint } = found
    const lines = [
      `${messages} messages in ${entries} entries: signed by their authors, in their order.`,
      ...(fingerprint === null
        ? []
        : ['', `Fingerprint up to #${upTo}, to compare with others:`, `  ${fingerprint}`]),
    ]
    const title = `${name}: all is well`
    this.#face.dispatch({ kind: 'overlay', overlay: { kind: 'text', title, lines } })
  }

  #toMerge(network: NetworkModel): void {
    const merges = network.timeline.marks.flatMap(({ what }) =>
      what.kind === 'merge' ? [what] : [],
    )
    const last = merges.at(-1)
    if (last === undefined) this.#face.say('Nothing was re-joined since this was opened.')
    else this.#face.jump(last.fromPosition)
  }
}
