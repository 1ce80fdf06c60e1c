/** Ctrl K: goes to a network, or does something, by typing a little of its name. */
import { useState, type KeyboardEvent } from 'react'

import { choicesFor, type Choice } from '../choices.ts'
import { Modal } from './modal.tsx'
import { usePage, usePageState } from './use-page.ts'

export const Switcher = () => {
  const page = usePage()
  const { model } = usePageState()
  const [typed, setTyped] = useState('')
  const [index, setIndex] = useState(0)
  const choices = choicesFor(model, typed)
  const at = Math.min(index, Math.max(0, choices.length - 1))
  const take = (choice: Choice | undefined): void => {
    if (choice === undefined) return
    page.closeAll()
    if (choice.kind === 'network') page.open(choice.id)
    else if (choice.kind === 'offer') void page.run('join', choice.name)
    else if (choice.kind === 'dialog') page.update({ dialog: choice.dialog })
    else void page.run(choice.command)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setIndex(Math.min(at + 1, choices.length - 1))
    else if (event.key === 'ArrowUp') setIndex(Math.max(at - 1, 0))
    else if (event.key === 'Enter') take(choices[at])
    else return
    event.preventDefault()
  }
  return (
    <Modal title="Go to" isBare onClose={() => page.closeAll()}>
      <input
        className="switcher-input"
        type="text"
        role="combobox"
        aria-label="Go to a network, or do something"
        aria-expanded="true"
        aria-controls="choices"
        aria-activedescendant={choices.length > 0 ? `choice-${at}` : undefined}
        placeholder="Go to a network, or do something"
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value)
          setIndex(0)
        }}
        onKeyDown={onKeyDown}
      />
      <ul className="choices" id="choices" role="listbox" aria-label="Choices">
        {choices.map((choice, position) => (
          <li
            key={choice.label}
            id={`choice-${position}`}
            role="option"
            aria-selected={position === at}
            onClick={() => take(choice)}
          >
            <span className="choice-label">{choice.label}</span>
            <span className="choice-hint">{choice.hint}</span>
          </li>
        ))}
      </ul>
      {choices.length === 0 ? <p className="muted nothing">Nothing fits.</p> : null}
    </Modal>
  )
}
