/** Dialogs of this page: coming into a network, what one does with it, settings, a last question. */
import { useEffect, useState, type FormEvent } from 'react'

import type { MessageView } from '../../node/api.ts'
import { currentNetwork } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import type { Dialog } from '../page.ts'
import type { Theme } from '../settings.ts'
import { Modal } from './modal.tsx'
import { SearchDialog } from './search.tsx'
import { Switcher } from './switcher.tsx'
import { usePage, usePageState } from './use-page.ts'

interface EnterFormProps {
  readonly how: 'create' | 'join'
  readonly target: string
}

/** One field and what it is for. */
export const EnterForm = ({ how, target }: EnterFormProps) => {
  const page = usePage()
  const [value, setValue] = useState(target)
  const isCreate = how === 'create'
  const label = isCreate ? 'Name of a new network' : 'Invite link, or the name of a network'
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (value.trim() !== '') void page.run(how, value.trim())
  }
  return (
    <form className="enter-form" onSubmit={submit}>
      <label>
        <span>{label}</span>
        <input
          type="text"
          value={value}
          autoComplete="off"
          spellCheck={false}
          placeholder={isCreate ? 'lobby' : 'parley://join/…'}
          onChange={(event) => setValue(event.target.value)}
        />
      </label>
      <button type="submit" className="button is-primary" disabled={value.trim() === ''}>
        {isCreate ? 'Create' : 'Join'}
      </button>
    </form>
  )
}

const EnterDialog = ({ dialog }: { dialog: Extract<Dialog, { kind: 'enter' }> }) => {
  const page = usePage()
  return (
    <Modal title="Join or create a network" onClose={() => page.closeAll()}>
      <EnterForm how="join" target={dialog.how === 'join' ? dialog.target : ''} />
      <hr />
      <EnterForm how="create" target={dialog.how === 'create' ? dialog.target : ''} />
    </Modal>
  )
}

interface QuestionProps {
  readonly title: string
  readonly text: string
  readonly action: string
  readonly onYes: () => void
}

/** Asked before something that others see and nobody takes back. */
const Question = ({ title, text, action, onYes }: QuestionProps) => {
  const page = usePage()
  return (
    <Modal title={title} onClose={() => page.closeAll()}>
      <p>{text}</p>
      <div className="actions is-end">
        <button type="button" className="button" onClick={() => page.closeAll()}>
          Cancel
        </button>
        <button type="button" className="button is-danger-strong" onClick={onYes}>
          {action}
        </button>
      </div>
    </Modal>
  )
}

const ConfirmDialog = ({ dialog }: { dialog: Extract<Dialog, { kind: 'confirm' }> }) => {
  const page = usePage()
  const { title, text, action, command, argument } = dialog
  const onYes = (): void => void page.run(command, argument)
  return <Question title={title} text={text} action={action} onYes={onYes} />
}

const DELETION =
  'All members are asked to hide it. The history keeps that it was there, and those who are away ' +
  'hear of it when they are back.'

const DeleteDialog = ({ message }: { readonly message: MessageView }) => {
  const page = usePage()
  const onYes = (): void => page.delete(message)
  return <Question title="Delete this message?" text={DELETION} action="Delete" onYes={onYes} />
}

interface FieldProps {
  readonly label: string
  readonly action: string
  readonly start: string
  readonly onDone: (value: string) => void
}

const Field = ({ label, action, start, onDone }: FieldProps) => {
  const [value, setValue] = useState(start)
  return (
    <form
      className="enter-form"
      onSubmit={(event) => {
        event.preventDefault()
        onDone(value.trim())
      }}
    >
      <label>
        <span>{label}</span>
        <input type="text" value={value} onChange={(event) => setValue(event.target.value)} />
      </label>
      <button type="submit" className="button" disabled={value.trim() === '' || value === start}>
        {action}
      </button>
    </form>
  )
}

const NetworkDialog = () => {
  const page = usePage()
  const { model } = usePageState()
  const network = currentNetwork(model)
  if (network === null) return null
  const { id, status, isMuted } = network
  const name = plainLine(network.name)
  const leave = (): void =>
    page.update({
      dialog: {
        kind: 'confirm',
        title: `Leave ${name}?`,
        text: 'Others see that you left. Its history stays on this disk.',
        action: 'Leave',
        command: 'leave',
        argument: '',
      },
    })
  return (
    <Modal title={name} onClose={() => page.closeAll()}>
      <Field
        label="Topic"
        action="Set"
        start={status.topic}
        onDone={(topic) => void page.run('topic', topic)}
      />
      <Field
        label="Name"
        action="Rename"
        start={network.name}
        onDone={(called) =>
          void page.ask(
            async (client) => client.call('rename', { network: id, name: called }),
            `${name} is now called ${called}`,
          )
        }
      />
      <div className="actions">
        <button type="button" className="button" onClick={() => void page.run('mute')}>
          {isMuted ? 'Unmute' : 'Mute'}
        </button>
        <button type="button" className="button" onClick={() => void page.run('verify')}>
          Verify the history
        </button>
        <a className="button" href={`/export?network=${encodeURIComponent(id)}`} download>
          Export (JSONL)
        </a>
        <button type="button" className="button is-danger" onClick={leave}>
          Leave
        </button>
      </div>
    </Modal>
  )
}

const THEMES: readonly (readonly [Theme, string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

const Notifications = () => {
  const page = usePage()
  const { settings } = usePageState()
  const choose = async (wanted: boolean): Promise<void> => {
    const isAllowed = !wanted || (await Notification.requestPermission()) === 'granted'
    page.choose({ notifies: wanted && isAllowed })
    if (!isAllowed) page.say('✗ The browser does not allow notifications for this page', 'error')
  }
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={settings.notifies}
        onChange={({ target }) => void choose(target.checked)}
      />
      Show a note on the desktop when somebody mentions me
    </label>
  )
}

const SettingsDialog = () => {
  const page = usePage()
  const { settings, model } = usePageState()
  return (
    <Modal title="Settings" onClose={() => page.closeAll()}>
      <div className="settings">
        <Field
          label="Your name, which others see from the next start of the node on"
          action="Change"
          start={model.self.name}
          onDone={(name) => void page.run('nick', name)}
        />
        <fieldset>
          <legend>Colours</legend>
          {THEMES.map(([theme, label]) => (
            <label key={theme} className="check">
              <input
                type="radio"
                name="theme"
                checked={settings.theme === theme}
                onChange={() => page.choose({ theme })}
              />
              {label}
            </label>
          ))}
        </fieldset>
        <fieldset>
          <legend>Notifications</legend>
          <Notifications />
        </fieldset>
        <div className="actions">
          <button type="button" className="button is-danger" onClick={() => page.end()}>
            Sign out of this browser
          </button>
        </div>
      </div>
    </Modal>
  )
}

export const Dialogs = () => {
  const { dialog, settings, model } = usePageState()
  useEffect(() => {
    document.documentElement.dataset['theme'] = settings.theme
  }, [settings.theme])
  switch (dialog?.kind) {
    case 'switcher':
      return <Switcher />
    case 'search':
      return <SearchDialog />
    case 'enter':
      return <EnterDialog dialog={dialog} />
    case 'network':
      return <NetworkDialog />
    case 'delete':
      return <DeleteDialog message={dialog.message} />
    case 'settings':
      return <SettingsDialog />
    case 'confirm':
      return <ConfirmDialog dialog={dialog} />
    case undefined:
      // `/search` asks for it in every face.
      return model.overlay?.kind === 'search' ? <SearchDialog /> : null
  }
}
