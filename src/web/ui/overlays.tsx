/** What lies over the conversation in every face: help, status, members, one message, an invite. */
import { useMemo } from 'react'

import { clock, fullTime } from '../../chat/clock.ts'
import type { MemberView, MessageView, Who } from '../../node/api.ts'
import type { MessageTrace } from '../../node/operator-api.ts'
import { paneCommands } from '../../view-model/commands.ts'
import {
  currentNetwork,
  type Model,
  type NetworkModel,
  type Overlay,
} from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import {
  deliveryMark,
  heardText,
  inviteLimits,
  inviteTitle,
  missingText,
  removedText,
  roleText,
  SIGNS,
  splitText,
  whyLeader,
} from '../../view-model/words.ts'
import { KEYS } from '../keys.ts'
import { MessageText } from '../markdown/elements.tsx'
import { qrPath } from '../qr.ts'
import { CopyButton } from './copy-button.tsx'
import { MessageButtons } from './message-actions.tsx'
import { Fact, Modal } from './modal.tsx'
import { usePage, usePageState } from './use-page.ts'

const Pairs = ({
  title,
  pairs,
}: {
  title: string
  pairs: readonly (readonly [string, string])[]
}) => (
  <section>
    <h3>{title}</h3>
    <dl className="pairs">
      {pairs.map(([left, right]) => (
        <div key={left}>
          <dt>{left}</dt>
          <dd>{right}</dd>
        </div>
      ))}
    </dl>
  </section>
)

const commandPairs = paneCommands.map(
  ({ name, usage, summary }) => [`/${name} ${usage}`.trim(), summary] as const,
)

const Help = () => (
  <div className="help">
    <Pairs title="Keys" pairs={KEYS} />
    <Pairs title="Signs" pairs={SIGNS} />
    <Pairs title="Commands, typed as a message" pairs={commandPairs} />
  </div>
)

const NetworkFacts = ({ network }: { readonly network: NetworkModel }) => {
  const { status, split, pending, timeline, name } = network
  const waiting = Math.max(status.outbox, pending.filter(({ state }) => state !== 'failed').length)
  return (
    <section>
      <h3>{plainLine(name)}</h3>
      <dl>
        <Fact name="This node">
          {status.removed === undefined
            ? roleText(status)
            : removedText({ name, ...status.removed })}
        </Fact>
        <Fact name="Leader">{whyLeader(status)}</Fact>
        <Fact name="Active">
          {status.active} of {status.roster} members
        </Fact>
        <Fact name="History">
          {timeline.newest} messages, head <code>{(status.head ?? '–').slice(0, 12)}</code>
        </Fact>
        {waiting > 0 ? <Fact name="Waiting">{waiting} of your messages</Fact> : null}
        {split === null ? null : <Fact name="Split">{splitText(split, clock)}</Fact>}
        {status.fault === null ? null : <Fact name="Fault">{plainLine(status.fault.message)}</Fact>}
      </dl>
    </section>
  )
}

const Status = ({ model }: { readonly model: Model }) => (
  <div className="facts">
    <dl>
      <Fact name="Name">{plainLine(model.self.name)}</Fact>
      <Fact name="Id">
        <code>{model.self.id}</code>
      </Fact>
      <Fact name="Listens on">{model.listen}</Fact>
      <Fact name="Page">{location.host}</Fact>
    </dl>
    {model.networks.map((network) => (
      <NetworkFacts key={network.id} network={network} />
    ))}
  </div>
)

/** What puts a member out, and what is asked before. */
const DISMISSALS = [
  [
    'kick',
    'Remove',
    'Everybody sees it in the history. What was said stays; whoever was removed may join again.',
  ],
  [
    'ban',
    'Ban',
    'Whoever is banned is removed, and not let in again until somebody lifts the ban.',
  ],
] as const

const MemberActions = ({ member, network }: { member: MemberView; network: NetworkModel }) => {
  const page = usePage()
  if (member.self) return null
  const name = plainLine(member.name)
  const roles = ['owner', 'admin', 'member'].filter((role) => role !== member.role)
  const act = (command: string, argument: string): void => {
    page.dispatch({ kind: 'overlay', overlay: null })
    void page.run(command, argument)
  }
  const ask = (command: string, action: string, text: string): void => {
    page.dispatch({ kind: 'overlay', overlay: null })
    const title = `${action} ${name} from ${plainLine(network.name)}?`
    page.update({
      dialog: { kind: 'confirm', title, text, action, command, argument: member.id },
    })
  }
  return (
    <div className="actions">
      <button type="button" className="button" onClick={() => act('ignore', member.id)}>
        {page.model.ignored.includes(member.id) ? 'Show messages again' : 'Ignore'}
      </button>
      {roles.map((role) => (
        <button
          key={role}
          type="button"
          className="button"
          onClick={() => act('role', `${member.id} ${role}`)}
        >
          Make {role}
        </button>
      ))}
      {DISMISSALS.map(([command, action, text]) => (
        <button
          key={command}
          type="button"
          className="button is-danger"
          onClick={() => ask(command, action, text)}
        >
          {action}
        </button>
      ))}
    </div>
  )
}

const MemberFacts = ({ member, network }: { member: MemberView; network: NetworkModel }) => (
  <div className="facts">
    <dl>
      <Fact name="Role">
        {member.role}
        {member.leader ? ', ★ leads' : ''}
      </Fact>
      <Fact name="Heard">{heardText(member)}</Fact>
      <Fact name="Number">{member.number ?? 'not active'}</Fact>
      <Fact name="Address">{plainLine(member.address ?? 'unknown')}</Fact>
      {member.fingerprint === undefined ? null : (
        <Fact name="Fingerprint">
          <code>{member.fingerprint}</code>
        </Fact>
      )}
      <Fact name="Id">
        <code>{member.id}</code>
      </Fact>
    </dl>
    <MemberActions member={member} network={network} />
  </div>
)

/** From its author to the leader of that moment, and from there to all. */
const routeText = ({ author }: MessageView, leader: Who): string => {
  const name = plainLine(author.name)
  return author.id === leader.id
    ? `${name}, who led and gave it its place → everybody`
    : `${name} → ${plainLine(leader.name)}, who led and gave it its place → everybody`
}

const MessageFacts = ({ message, trace }: { message: MessageView; trace: MessageTrace | null }) => {
  const page = usePage()
  const missing = missingText(message)
  const entry = trace?.entry ?? null
  return (
    <div className="facts">
      <blockquote className="message-text" dir="auto">
        <MessageText text={message.text.slice(0, 2_000)} self={page.model.self.name} />
      </blockquote>
      <dl>
        <Fact name="From">{plainLine(message.author.name)}</Fact>
        <Fact name="Written">{fullTime(message.sentAt)}, by its author’s clock</Fact>
        <Fact name="Stored">
          {deliveryMark(message)} {(trace?.storedBy ?? []).map(plainLine).join(', ')}
        </Fact>
        {missing === '' ? null : <Fact name="Missing">{missing}</Fact>}
        <Fact name="Place">
          #{message.position}, clock {message.clock}
        </Fact>
        {trace?.sequencedBy === undefined || trace.sequencedBy === null ? null : (
          <Fact name="Route">{routeText(message, trace.sequencedBy)}</Fact>
        )}
        {entry === null ? null : (
          <Fact name="Entry">
            {entry.seq} of its term, <code>{entry.hash.slice(0, 16)}…</code>
          </Fact>
        )}
        <Fact name="Id">
          <code>{message.id}</code>
        </Fact>
      </dl>
      <MessageButtons message={message} isOwn={message.author.id === page.model.self.id} />
    </div>
  )
}

const InviteView = ({ overlay }: { overlay: Extract<Overlay, { kind: 'invite' }> }) => {
  const { link } = overlay.invite
  const { path, size } = useMemo(() => qrPath(link), [link])
  return (
    <div className="invite">
      <svg
        className="qr"
        viewBox={`0 0 ${size} ${size}`}
        role="img"
        aria-label="The link as a QR code"
      >
        <path d={path} />
      </svg>
      <p className="invite-link">
        <code>{link}</code>
      </p>
      <p className="muted">{inviteLimits(overlay.invite)}</p>
      <CopyButton className="button is-primary" text={link} label="Copy the link" />
    </div>
  )
}

const titleOf = (overlay: Overlay, member: MemberView | undefined): string => {
  switch (overlay.kind) {
    case 'help':
      return 'Keys, signs and commands'
    case 'status':
      return 'How everything is'
    case 'members':
      return 'Members'
    case 'member':
      return plainLine(member?.name ?? 'Nobody here')
    case 'message':
      return `Message #${overlay.message.position}`
    case 'search':
      return 'Search'
    case 'invite':
      return inviteTitle(overlay.name)
    case 'text':
      return overlay.title
  }
}

export const Overlays = () => {
  const page = usePage()
  const { model } = usePageState()
  const { overlay } = model
  const network = currentNetwork(model)
  // Search has a dialog of its own, members a place at the side.
  if (overlay === null || overlay.kind === 'search' || overlay.kind === 'members') return null
  const member =
    overlay.kind === 'member' ? network?.members.find(({ id }) => id === overlay.id) : undefined
  return (
    <Modal
      key={overlay.kind}
      title={titleOf(overlay, member)}
      size={overlay.kind === 'help' ? 'wide' : 'small'}
      onClose={() => page.dispatch({ kind: 'overlay', overlay: null })}
    >
      {overlay.kind === 'help' ? <Help /> : null}
      {overlay.kind === 'status' ? <Status model={model} /> : null}
      {overlay.kind === 'message' ? <MessageFacts {...overlay} /> : null}
      {overlay.kind === 'invite' ? <InviteView overlay={overlay} /> : null}
      {overlay.kind === 'text' ? (
        <pre className="plain-lines">{overlay.lines.join('\n')}</pre>
      ) : null}
      {network === null || member === undefined ? null : (
        <MemberFacts member={member} network={network} />
      )}
    </Modal>
  )
}
