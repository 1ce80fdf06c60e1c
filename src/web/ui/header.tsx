/** What stands above the conversation: where one is, how it is there, and what is wrong. */
import { clock } from '../../chat/clock.ts'
import type { NetworkModel } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { roleText, troubleText } from '../../view-model/words.ts'
import { Icon, IconButton } from './icons.tsx'
import { usePage, usePageState } from './use-page.ts'

export const Header = ({ network }: { readonly network: NetworkModel }) => {
  const page = usePage()
  const { settings, drawer } = usePageState()
  const { status } = network
  const topic = plainLine(status.topic)
  return (
    <header className="header">
      <IconButton
        icon="menu"
        label="Networks"
        className="only-narrow"
        onClick={() => page.update({ drawer: drawer === 'networks' ? null : 'networks' })}
      />
      <div className="header-words">
        <h1>{plainLine(network.name)}</h1>
        <p className="topic" title={topic}>
          {topic === '' ? roleText(status) : topic}
        </p>
      </div>
      <button
        type="button"
        className="presence-chip"
        title={roleText(status)}
        onClick={() => page.dispatch({ kind: 'overlay', overlay: { kind: 'status', top: 0 } })}
      >
        <span className={`dot ${network.split === null ? 'is-active' : 'is-split'}`} />
        {status.active} of {status.roster}
        <span className="visually-hidden"> active. How everything is</span>
      </button>
      <IconButton icon="link" label="Invite somebody" onClick={() => void page.run('invite')} />
      <IconButton
        icon="search"
        label="Search (Ctrl Shift F)"
        onClick={() => page.update({ dialog: { kind: 'search' } })}
      />
      <IconButton
        icon="people"
        label="Members (Alt M)"
        isPressed={settings.showsMembers}
        onClick={() => page.toggleMembers()}
      />
      <IconButton
        icon="more"
        label="This network: topic, name, mute, export, leave"
        onClick={() => page.update({ dialog: { kind: 'network' } })}
      />
    </header>
  )
}

/** What is wrong with this network, or with the way to the node; nothing if all is well. */
export const Banner = ({ network }: { readonly network: NetworkModel | null }) => {
  const { link } = usePageState()
  if (link !== 'open')
    return (
      <div className="banner is-lost" role="status">
        <Icon name="split" />
        <p>
          The connection to your node was lost. What you write waits here and goes out by itself.
        </p>
      </div>
    )
  const trouble = network === null ? null : troubleText(network, clock)
  if (network === null || trouble === null) return null
  const isSplit = network.split !== null
  return (
    <div className={`banner ${isSplit ? 'is-split' : 'is-trouble'}`} role="status">
      <Icon name={isSplit ? 'split' : 'info'} />
      <p>{trouble}</p>
    </div>
  )
}

export const Notice = () => {
  const page = usePage()
  const { model } = usePageState()
  const { notice } = model
  return (
    <div className="notice-place" role={notice?.tone === 'error' ? 'alert' : 'status'}>
      {notice === null ? null : (
        <div className={`notice is-${notice.tone}`}>
          <p>{notice.text}</p>
          <IconButton
            icon="close"
            label="Dismiss"
            onClick={() => page.dispatch({ kind: 'notice-over' })}
          />
        </div>
      )}
    </div>
  )
}
