/** What there is before somebody is in a network. */
import { plainLine } from '../../view-model/plain-text.ts'
import { EnterForm } from './dialogs.tsx'
import { IconButton } from './icons.tsx'
import { usePage, usePageState } from './use-page.ts'

export const Welcome = () => {
  const page = usePage()
  const { model } = usePageState()
  return (
    <div className="welcome">
      <div className="only-narrow">
        <IconButton
          icon="menu"
          label="Networks"
          onClick={() => page.update({ drawer: 'networks' })}
        />
      </div>
      <div className="welcome-inside">
        <h1>Welcome, {plainLine(model.self.name)}</h1>
        <p className="muted">
          Your node runs. Messages and history are on this machine, and on those of the others in a
          network: there is no server in between.
        </p>
        <section className="card">
          <h2>Join with a link</h2>
          <p className="muted">Paste the invite that somebody sent you.</p>
          <EnterForm how="join" target="" />
        </section>
        <section className="card">
          <h2>Create a network</h2>
          <p className="muted">Then invite others with a link or a QR code.</p>
          <EnterForm how="create" target="" />
        </section>
      </div>
    </div>
  )
}
