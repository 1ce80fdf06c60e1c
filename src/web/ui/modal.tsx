/**
 * What lies over the page until it is closed. The browser keeps the focus inside, and gives it
 * back.
 */
import { useEffect, useId, useRef, type ReactNode } from 'react'

import { IconButton } from './icons.tsx'

interface ModalProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
  readonly size?: 'small' | 'wide'
  /** The title is told but not shown. */
  readonly isBare?: boolean
}

export const Modal = ({ title, onClose, children, size = 'small', isBare = false }: ModalProps) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    // Whoever opens a form wants to fill it in.
    dialog.current?.querySelector('input')?.focus()
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      className={`modal modal-${size}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClose={onClose}
      onPointerDown={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div className="modal-inside">
        <header className={isBare ? 'visually-hidden' : 'modal-head'}>
          <h2 id={titleId}>{title}</h2>
          {isBare ? null : <IconButton icon="close" label="Close" onClick={onClose} />}
        </header>
        {children}
      </div>
    </dialog>
  )
}

interface FactProps {
  readonly name: string
  readonly children: ReactNode
}

/** One line of what is known of something. */
export const Fact = ({ name, children }: FactProps) => (
  <div className="fact">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)
