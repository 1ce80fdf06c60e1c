/** What the commands do, whatever the face they were typed into. */
import type { MemberView, MessageView } from '../node/api.ts'
import { paneCommands, parseLine } from '../view-model/commands.ts'
import { currentNetwork, type Model, type NetworkModel } from '../view-model/model.ts'
import { messageAt } from '../view-model/timeline.ts'
import { closedText, whyLeader } from '../view-model/words.ts'
import type { Chat } from './chat.ts'

const JOIN_TIMEOUT_MS = 20_000
const CHANGE_TIMEOUT_MS = 30_000
/** Minutes for a million entries. */
const VERIFY_MS = 600_000
const patience = { timeoutMs: CHANGE_TIMEOUT_MS }

/** Whoever brings the news: looks how things are now. */
export interface Looking {
  look(): Promise<void>
  /** And what other networks there are. */
  lookAndList(): Promise<void>
}

const LINK = 'parley://'
const INVITE = /^\s*parley:\/\/join\/\S+(\s*\n\s*\S+)*\s*$/
const NO_NETWORK = '✗ You are in no network: /create NAME or /join NAME first.'

/** A link to join with and nothing else, maybe broken into lines on its way. */
export const isInviteLink = (text: string): boolean => INVITE.test(text)

/** A link may have been broken into lines on its way. */
export const targetOf = (argument: string): string =>
  argument.startsWith(LINK) ? argument.replace(/\s+/g, '') : argument

type AboutCommand = 'reply' | 'edit' | 'delete' | 'react'

const isCalled = ({ name, id }: MemberView, called: string): boolean =>
  name.toLowerCase() === called.trim().toLowerCase() || id === called

/** The message that is meant if nobody says which: the picked one, or the newest that can be. */
const aboutPosition = (
  { selected, timeline }: NetworkModel,
  { self }: Model,
  isOwn: boolean,
): number | null => {
  if (selected !== null) return selected
  const fits = timeline.messages.findLast(
    ({ author, kind, deleted }) =>
      (author.id === self.id) === isOwn &&
      deleted === undefined &&
      (kind === undefined || kind === 'reply'),
  )
  return fits?.position ?? null
}

export class Commands {
  readonly #chat: Chat
  readonly #feeds: Looking

  constructor(chat: Chat, feeds: Looking) {
    this.#chat = chat
    this.#feeds = feeds
  }

  /**
   * What Enter does with a line. `nothing` was written, or it is `kept` to be mended, and why has
   * been said; else `onTaken` is called before anything else happens.
   */
  enter(text: string, onTaken: () => void): 'nothing' | 'kept' | 'taken' {
    const chat = this.#chat
    const network = currentNetwork(chat.model)
    const line = parseLine(text, paneCommands)
    if (line.kind === 'nothing') return 'nothing'
    if (line.kind === 'unknown') {
      const hint =
        line.suggestion === null ? '/help lists them' : `did you mean /${line.suggestion}?`
      chat.say(`✗ There is no /${line.name}, nothing was sent: ${hint}`, 'error')
      return 'kept'
    }
    const isOutside = network === null || network.status.removed !== undefined
    const isLink = line.kind === 'text' && isOutside && isInviteLink(line.text)
    if (line.kind === 'text' && !isLink) {
      if (network === null) {
        chat.say(NO_NETWORK, 'error')
        return 'kept'
      }
      if (this.isClosed(network)) return 'kept'
    }
    onTaken()
    if (line.kind === 'command') void this.run(line.name, line.argument)
    else if (isLink) void this.run('join', line.text.trim())
    else if (network !== null) chat.send(network.id, [line.text])
    return 'taken'
  }

  /** Whoever was put out is told so, and keeps what was written. */
  isClosed(network: NetworkModel): boolean {
    const text = closedText(network, this.#chat.model.self)
    if (text !== null) this.#chat.say(`✗ Not sent: ${text}`, 'error')
    return text !== null
  }

  /** Never rejects: what goes wrong is said. */
  async run(name: string, argument: string): Promise<void> {
    try {
      await this.#run(name, argument)
    } catch (thrown) {
      this.#chat.fail(thrown)
    }
  }

  async #run(name: string, argument: string): Promise<void> {
    switch (name) {
      case 'quit':
        this.#chat.end()
        return
      case 'help':
        this.#chat.dispatch({ kind: 'overlay', overlay: { kind: 'help', top: 0 } })
        return
      case 'status':
        this.#chat.dispatch({ kind: 'overlay', overlay: { kind: 'status', top: 0 } })
        await this.#feeds.look()
        return
      case 'networks':
        await this.#feeds.lookAndList()
        this.#chat.say(this.#listText(this.#chat.model))
        return
      case 'create':
      case 'join':
        await this.#enter(name, argument)
        return
      case 'nick':
        await this.#rename(argument)
        return
      default: {
        const network = currentNetwork(this.#chat.model)
        if (network !== null) await this.#runIn(network, name, argument)
        else this.#chat.say(NO_NETWORK, 'error')
      }
    }
  }

  async #runIn(network: NetworkModel, name: string, argument: string): Promise<void> {
    const chat = this.#chat
    switch (name) {
      case 'me':
        if (argument !== '' && !this.isClosed(network)) chat.send(network.id, [`/me ${argument}`])
        return
      case 'away':
        if (!this.isClosed(network))
          chat.send(network.id, [argument === '' ? '/me is back' : `/me is away: ${argument}`])
        return
      case 'reply':
      case 'edit':
      case 'delete':
      case 'react':
        await this.#sayAbout(network, name, argument)
        return
      case 'msg':
        await this.#talkAlone(network, argument)
        return
      case 'export':
        await this.#export(network, argument)
        return
      case 'names':
        chat.dispatch({ kind: 'overlay', overlay: { kind: 'members', top: 0 } })
        await this.#feeds.look()
        return
      case 'whois':
        this.#withMember(network, argument, ({ id }) =>
          chat.dispatch({ kind: 'overlay', overlay: { kind: 'member', id } }),
        )
        return
      case 'ignore':
        this.#ignore(network, argument)
        return
      case 'mute':
        chat.dispatch({ kind: 'mute', network: network.id, isMuted: !network.isMuted })
        chat.say(
          network.isMuted ? `The bell rings for ${network.name}` : `${network.name} is muted`,
        )
        return
      case 'search':
        if (argument === '') chat.say('✗ Search for what? /search WORDS', 'error')
        else chat.dispatch({ kind: 'search', network: network.id, query: argument })
        return
      case 'clear':
        chat.dispatch({ kind: 'clear' })
        return
      case 'leader':
        chat.say(whyLeader(network.status))
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
    const { client } = this.#chat
    const { id, name: called } = network
    switch (name) {
      case 'topic':
        if (argument === '') {
          this.#chat.say(network.status.topic === '' ? 'No topic.' : network.status.topic)
          return
        }
        await client.call('set_topic', { network: id, topic: argument }, patience)
        this.#chat.say(`The topic of ${called} is now: ${argument}`)
        break
      case 'kick':
        await client.call('kick', { network: id, member: argument }, patience)
        this.#chat.say(`${argument} is no longer a member of ${called}`)
        break
      case 'ban':
        await client.call('ban', { network: id, member: argument }, patience)
        this.#chat.say(`${argument} is banned from ${called}`)
        break
      case 'unban':
        await client.call('unban', { network: id, member: argument }, patience)
        this.#chat.say(`${argument} may come into ${called} again`)
        break
      case 'role': {
        const [, member = '', role = ''] = /^(.*\S)\s+(\S+)$/.exec(argument) ?? []
        await client.call('set_role', { network: id, member, role }, patience)
        this.#chat.say(`${member} is now ${role} of ${called}`)
        break
      }
      case 'leave':
        await client.call('leave', { network: id }, patience)
        this.#chat.say(`You left ${called}; its history stays here.`)
        break
      case 'invite': {
        const invite = await client.call('invite', { network: id })
        this.#chat.chatOptions.copy(invite.link)
        const overlay = { kind: 'invite', name: called, invite } as const
        this.#chat.dispatch({ kind: 'overlay', overlay })
        return
      }
    }
    await this.#feeds.look()
  }

  /** Creates or joins; a network that was joined before is just shown. */
  async #enter(how: 'create' | 'join', argument: string): Promise<void> {
    const chat = this.#chat
    const target = targetOf(argument)
    if (target === '') {
      chat.say(`✗ Which one? /${how} ${how === 'create' ? 'NAME' : 'NAME-OR-LINK'}`, 'error')
      return
    }
    const known = chat.model.networks.find(({ name }) => name === target)
    if (how === 'join' && known !== undefined && known.status.removed === undefined) {
      chat.dispatch({ kind: 'open-network', network: known.id })
      return
    }
    chat.say(how === 'create' ? `Creating ${target} …` : 'Joining …')
    const joined =
      how === 'create'
        ? await chat.client.call('create', { name: target }, patience)
        : await chat.client.call('join', { target, timeoutMs: JOIN_TIMEOUT_MS }, patience)
    await this.#feeds.lookAndList()
    chat.dispatch({ kind: 'open-network', network: joined.network.id }, { kind: 'notice-over' })
  }

  /** Replies, edits, deletions and reactions. */
  async #sayAbout(network: NetworkModel, command: AboutCommand, argument: string): Promise<void> {
    const [, given, rest = ''] = /^(?:#(\d+)\s*)?(.*)$/s.exec(argument) ?? []
    const kind = command === 'react' ? 'reaction' : command
    const isOwn = kind === 'edit' || kind === 'delete'
    const position = given === undefined ? aboutPosition(network, this.#chat.model, isOwn) : given
    if (position === null) {
      this.#chat.say(`✗ Which message? /${command} #POSITION`, 'error')
      return
    }
    if (rest === '' && (kind === 'reply' || kind === 'edit')) {
      this.#chat.say(`✗ There is nothing to send: /${command} [#N] TEXT`, 'error')
      return
    }
    await this.#chat.sendAbout(network.id, rest, { kind, about: `#${position}` })
    this.#chat.dispatch({ kind: 'select', position: null })
  }

  /** A network for two: who is invited there gets the invite by hand, since it is a secret. */
  async #talkAlone(network: NetworkModel, argument: string): Promise<void> {
    const chat = this.#chat
    const [, called = '', text = ''] = /^(\S+)\s*(.*)$/s.exec(argument) ?? []
    const { self, networks } = chat.model
    const name = called.replace(/^@/, '')
    const all = [network, ...networks].flatMap(({ members }) => members)
    const member = all.find((one) => !one.self && isCalled(one, name))
    if (member === undefined) {
      chat.say(`✗ Nobody else is called ${called} here`, 'error')
      return
    }
    const between = `${self.name}+${member.name}`
    const names = [between, `${member.name}+${self.name}`]
    // Anybody can give a network such a name: only these two may be in it.
    const known = networks.find(
      (one) =>
        names.includes(one.name) &&
        one.members.every((other) => other.self || other.id === member.id),
    )
    if (known !== undefined) {
      chat.dispatch({ kind: 'open-network', network: known.id })
      if (text !== '') chat.send(known.id, [text])
      return
    }
    const settings = { name: between, policy: 'invite', listed: false } as const
    const made = await chat.client.call('create', settings, patience)
    const { id } = made.network
    await this.#feeds.look()
    chat.dispatch({ kind: 'open-network', network: id })
    if (text !== '') chat.send(id, [text])
    const invite = await chat.client.call('invite', { network: id, uses: 1 }, patience)
    chat.chatOptions.copy(invite.link)
    chat.dispatch({ kind: 'overlay', overlay: { kind: 'invite', name: between, invite } })
    chat.say(`Give this link to ${member.name} alone: it lets one in`)
  }

  async #rename(name: string): Promise<void> {
    if (name === '') {
      this.#chat.say(`You are ${this.#chat.model.self.name}.`)
      return
    }
    await this.#chat.client.call('set_name', { name })
    this.#chat.say(`From the next start on others see you as ${name}`)
  }

  async #export({ id, name }: NetworkModel, place: string): Promise<void> {
    const { exportTo } = this.#chat.chatOptions
    if (exportTo === undefined) {
      this.#chat.say(`On the machine of the node: parley export ${name} > FILE`)
      return
    }
    const say = (entries: number): void => this.#chat.say(`Exporting ${name}: ${entries} entries …`)
    say(0)
    this.#chat.say(`✓ ${name} is saved in ${await exportTo(id, place || `${name}.jsonl`, say)}`)
  }

  #listText({ networks, offers }: Model): string {
    const found = offers.filter(({ joined }) => !joined).map(({ name }) => name)
    const others = found.length === 0 ? 'no others found' : `found: ${found.join(', ')}`
    return `${networks.length} joined, ${others}`
  }

  #withMember(network: NetworkModel, name: string, what: (member: MemberView) => void): void {
    const wanted = name.replace(/^@/, '')
    const member = network.members.find((one) => isCalled(one, wanted))
    if (member !== undefined) what(member)
    else this.#chat.say(`✗ Nobody in ${network.name} is called ${name}`, 'error')
  }

  #ignore(network: NetworkModel, name: string): void {
    const { ignored } = this.#chat.model
    if (name === '') {
      const names = network.members.filter(({ id }) => ignored.includes(id)).map((one) => one.name)
      this.#chat.say(
        names.length === 0 ? 'Nobody is ignored here.' : `Ignored: ${names.join(', ')}`,
      )
      return
    }
    this.#withMember(network, name, ({ id, name: called }) => {
      const isIgnored = ignored.includes(id)
      const ids = isIgnored ? ignored.filter((one) => one !== id) : [...ignored, id]
      this.#chat.dispatch({ kind: 'ignore', ids })
      this.#chat.say(isIgnored ? `${called} is shown again` : `${called} is ignored from now on`)
    })
  }

  /** Details of a message: the given one, the picked one, or the newest. */
  async #trace(network: NetworkModel, argument: string): Promise<void> {
    const given = /^#?(\d+)$/.exec(argument)?.[1]
    if (argument !== '' && given === undefined) {
      this.#chat.say('✗ Which message? /trace #POSITION', 'error')
      return
    }
    const position = given === undefined ? network.selected : Number(given)
    const message = await this.#message(network, position ?? network.timeline.newest)
    if (message === null) {
      this.#chat.say('✗ There is no such message', 'error')
      return
    }
    const params = { network: network.id, message: message.id }
    const trace = await this.#chat.client.call('trace', params)
    this.#chat.dispatch({ kind: 'overlay', overlay: { kind: 'message', message, trace } })
  }

  /** A message as it is now: from the node, which knows best who has stored it. */
  async #message(network: NetworkModel, position: number): Promise<MessageView | null> {
    const query = { network: network.id, from: position, limit: 1 }
    const { messages } = await this.#chat.client.call('history', query)
    const [found] = messages
    if (found?.position === position) return found
    return messageAt(network.timeline, position)
  }

  /** Checks every signature and every hash of what is stored, which takes a while. */
  async #verify({ id, name }: NetworkModel): Promise<void> {
    this.#chat.say(`Checking everything that is stored of ${name} …`)
    const found = await this.#chat.client.call('verify', { network: id }, { timeoutMs: VERIFY_MS })
    const { messages, entries, upTo, fingerprint } = found
    const lines = [
      `${messages} messages in ${entries} entries: signed by their authors, in their order.`,
      ...(fingerprint === null
        ? []
        : ['', `Fingerprint up to #${upTo}, to compare with others:`, `  ${fingerprint}`]),
    ]
    const title = `${name}: all is well`
    this.#chat.dispatch({ kind: 'overlay', overlay: { kind: 'text', title, lines } })
  }

  #toMerge(network: NetworkModel): void {
    const merges = network.timeline.marks.flatMap(({ what }) =>
      what.kind === 'merge' ? [what] : [],
    )
    const last = merges.at(-1)
    if (last === undefined) this.#chat.say('Nothing was re-joined since this was opened.')
    else this.#chat.jump(last.fromPosition)
  }
}
