/** The networks at the side: what is joined, what is unread there, what was found. */
import type { NetworkSummary } from '../../node/api.ts'
import { unreadCount, type Model, type NetworkModel } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { countText, networkSign, roleText, unreadMark } from '../../view-model/words.ts'
import { Avatar } from './avatar.tsx'
import { Icon, IconButton } from './icons.tsx'
import { usePage, usePageState } from './use-page.ts'

const Marks = ({ network }: { readonly network: NetworkModel }) => {
  const unread = unreadCount(network)
  if (unread === 0) return null
  const { mentions, isMuted } = network
  return (
    <>
      <span className="visually-hidden">{unreadMark(network)} unread</span>
      {mentions.length > 0 ? (
        <span className="badge is-mention" aria-hidden="true">
          @{countText(mentions.length)}
        </span>
      ) : null}
      <span className={`badge ${isMuted ? 'is-muted' : ''}`} aria-hidden="true">
        {countText(unread)}
      </span>
    </>
  )
}

const signLabel: Readonly<Record<string, string>> = { '★': 'this node leads', '!': 'trouble' }

interface NetworkLinkProps {
  readonly network: NetworkModel
  readonly isCurrent: boolean
}

const NetworkLink = ({ network, isCurrent }: NetworkLinkProps) => {
  const page = usePage()
  const sign = networkSign(network).trim()
  const isUnread = unreadCount(network) > 0 && !network.isMuted
  return (
    <li>
      <button
        type="button"
        className={`network-link ${isUnread ? 'is-unread' : ''}`}
        aria-current={isCurrent ? 'true' : undefined}
        title={roleText(network.status)}
        onClick={() => page.open(network.id)}
      >
        <span className={`network-sign ${sign === '!' ? 'is-trouble' : ''}`}>
          {sign === '' ? <span aria-hidden="true">#</span> : sign}
          {sign === '' ? null : <span className="visually-hidden"> {signLabel[sign]}: </span>}
        </span>
        <span className="network-name">{plainLine(network.name)}</span>
        {network.isMuted ? <Icon name="muted" /> : null}
        <Marks network={network} />
      </button>
    </li>
  )
}

const Found = ({ offers }: { readonly offers: readonly NetworkSummary[] }) => {
  const page = usePage()
  const found = offers.filter(({ joined }) => !joined)
  if (found.length === 0) return null
  return (
    <section aria-labelledby="found-title">
      <h2 id="found-title" className="side-title">
        Found
      </h2>
      <ul className="side-list">
        {found.map(({ id, name, members }) => (
          <li key={id}>
            <button
              type="button"
              className="network-link is-offer"
              onClick={() => void page.run('join', name)}
            >
              <span className="network-sign" aria-hidden="true">
                +
              </span>
              <span className="network-name">{plainLine(name)}</span>
              <span className="offer-count">
                {members}
                <span className="visually-hidden"> members. Join</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

const linkWords = { connecting: 'Connecting …', open: '', lost: 'Reconnecting …', 'signed-out': '' }

const Self = ({ model }: { readonly model: Model }) => {
  const page = usePage()
  const { link } = usePageState()
  const words = linkWords[link]
  return (
    <div className="self">
      <Avatar who={model.self} isActive={link === 'open'} />
      <div className="self-words">
        <span className="self-name">{plainLine(model.self.name)}</span>
        <span className="self-place">{words === '' ? model.listen : words}</span>
      </div>
      <IconButton
        icon="help"
        label="Keys and commands (F1)"
        onClick={() => page.dispatch({ kind: 'overlay', overlay: { kind: 'help', top: 0 } })}
      />
      <IconButton
        icon="settings"
        label="Settings"
        onClick={() => page.update({ dialog: { kind: 'settings' } })}
      />
    </div>
  )
}

export const Sidebar = () => {
  const page = usePage()
  const { model } = usePageState()
  return (
    <nav className="sidebar" aria-label="Networks">
      <div className="side-head">
        <span className="brand">Parley</span>
        <IconButton
          icon="search"
          label="Go to … (Ctrl K)"
          onClick={() => page.update({ dialog: { kind: 'switcher' } })}
        />
        <IconButton
          icon="plus"
          label="Create or join a network"
          onClick={() => page.update({ dialog: { kind: 'enter', how: 'join', target: '' } })}
        />
      </div>
      <div className="side-scroll">
        <h2 className="side-title">Networks</h2>
        <ul className="side-list">
          {model.networks.map((network) => (
            <NetworkLink
              key={network.id}
              network={network}
              isCurrent={network.id === model.currentId}
            />
          ))}
        </ul>
        <Found offers={model.offers} />
      </div>
      <Self model={model} />
    </nav>
  )
}
