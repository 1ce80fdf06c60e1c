/** Tells those who do not see the page what is new in the network that is open. */
import { useEffect, useRef, useState } from 'react'

import { currentNetwork } from '../../view-model/model.ts'
import { plainLine, plainText } from '../../view-model/plain-text.ts'
import { usePageState } from './use-page.ts'

/** Of a burst the last few are told, and how many there were. */
const MAX_TOLD = 3
const MAX_LENGTH = 300

export const Announcer = () => {
  const { model } = usePageState()
  const network = currentNetwork(model)
  const before = useRef({ id: '', newest: 0 })
  const [words, setWords] = useState('')
  useEffect(() => {
    if (network === null) return
    const { id, timeline } = network
    const { newest } = timeline
    const last = before.current
    before.current = { id, newest }
    if (last.id !== id || newest <= last.newest) return
    const fresh = timeline.messages.filter(
      ({ position, author }) => position > last.newest && author.id !== model.self.id,
    )
    if (fresh.length === 0) return
    const told = fresh
      .slice(-MAX_TOLD)
      .map(
        ({ author, text }) => `${plainLine(author.name)}: ${plainText(text).slice(0, MAX_LENGTH)}`,
      )
    const more = fresh.length > MAX_TOLD ? [`${fresh.length} new messages.`] : []
    setWords([...more, ...told].join('\n'))
  }, [network, model.self.id])
  return (
    <div className="visually-hidden" aria-live="polite" aria-relevant="additions text">
      {words}
    </div>
  )
}
