/** Puts a text into the clipboard and says so. */
import { useState } from 'react'

import { usePage } from './use-page.ts'

interface CopyButtonProps {
  readonly text: string
  readonly label: string
  readonly className?: string
}

const SAID_MS = 2_000

export const CopyButton = ({ text, label, className }: CopyButtonProps) => {
  const page = usePage()
  const [isDone, setDone] = useState(false)
  const copy = (): void => {
    const said = (): void => {
      setDone(true)
      setTimeout(() => setDone(false), SAID_MS)
    }
    const refused = (): void => page.say('✗ The browser does not allow copying here', 'error')
    navigator.clipboard.writeText(text).then(said, refused)
  }
  return (
    <button type="button" className={className ?? 'copy-button'} onClick={copy} aria-label={label}>
      {isDone ? 'Copied' : 'Copy'}
    </button>
  )
}
