/** Where the page can be reached by others: the password, instead of a link. */
import { useEffect, useState, type FormEvent } from 'react'

import { signInWith, takesPassword } from '../live/session.ts'

const UNREACHABLE = 'The node does not answer.'

export const PasswordForm = () => {
  const [isTaken, setTaken] = useState(false)
  const [password, setPassword] = useState('')
  const [trouble, setTrouble] = useState('')
  useEffect(() => {
    takesPassword().then(setTaken, () => setTaken(false))
  }, [])
  if (!isTaken) return null
  const signIn = async (): Promise<void> => {
    try {
      const why = await signInWith(password)
      if (why === null) location.reload()
      else setTrouble(why)
    } catch {
      setTrouble(UNREACHABLE)
    }
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void signIn()
  }
  return (
    <form className="enter-form" onSubmit={submit}>
      <label>
        <span>Password of this page</span>
        <input
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
      </label>
      <button type="submit" className="button is-primary" disabled={password === ''}>
        Sign in
      </button>
      <p role="alert">{trouble}</p>
    </form>
  )
}
