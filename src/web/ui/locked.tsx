/** What somebody sees whom the node does not know, or not any more. */
import { PasswordForm } from './password-form.tsx'

const WORDS = {
  'no-ticket': 'This page needs a link from your node, so that nobody else can read along.',
  'used-ticket': 'This link has been used already, or is too old. A link works once.',
  expired: 'The node does not know this browser any more: it was started anew, or you signed out.',
  unreachable: 'The node does not answer. Maybe it does not run.',
} as const

export type LockedWhy = keyof typeof WORDS

export const Locked = ({ why }: { readonly why: LockedWhy }) => (
  <main className="locked">
    <div className="locked-card">
      <span className="brand">Parley</span>
      <h1>{why === 'unreachable' ? 'No answer' : 'Not signed in'}</h1>
      <p>{WORDS[why]}</p>
      <PasswordForm />
      <p>In a terminal on the machine of the node, type</p>
      <pre>
        <code>parley web</code>
      </pre>
      <p className="muted">
        and open the address that it prints. The chat in the terminal goes on in any case: type{' '}
        <code>parley</code>.
      </p>
    </div>
  </main>
)
