/** Emoji to pick from, by eye or by name. */
import { useState } from 'react'

import { findEmoji } from '../emoji.ts'

interface EmojiPickerProps {
  readonly onPick: (char: string) => void
  readonly onClose: () => void
}

export const EmojiPicker = ({ onPick, onClose }: EmojiPickerProps) => {
  const [typed, setTyped] = useState('')
  const found = findEmoji(typed)
  return (
    <div
      className="emoji-picker"
      role="dialog"
      aria-label="Emoji"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onClose()
      }}
    >
      <input
        type="text"
        value={typed}
        placeholder="Find an emoji"
        aria-label="Find an emoji"
        // Whoever opens it goes on typing.
        autoFocus
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          const [first] = found
          if (first !== undefined) onPick(first.char)
        }}
      />
      <div className="emoji-grid">
        {found.map(({ name, char }) => (
          <button
            key={name}
            type="button"
            title={name}
            aria-label={name}
            onClick={() => onPick(char)}
          >
            {char}
          </button>
        ))}
      </div>
    </div>
  )
}
