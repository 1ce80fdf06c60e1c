/** Signs of the page, drawn here: nothing is fetched. */
const PATHS = {
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20',
  people:
    'M9 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 9 5z' +
    'M3 19c.4-3.3 2.8-5 6-5s5.6 1.7 6 5' +
    'M16 5.5a2.8 2.8 0 0 1 0 5.4M18 14.5c1.7.7 2.7 2.2 3 4.5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  settings:
    'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2' +
    'M16.2 16.2l2.2 2.2M18.4 5.6l-2.2 2.2M7.8 16.2l-2.2 2.2',
  send: 'M4 12L20 4l-5 16-3.5-6.5zM11.5 13.5L20 4',
  smile: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9 10v.01M15 10v.01M8.5 14c1.9 2.5 5.1 2.5 7 0',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8v.01',
  edit: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  quote: 'M10 8H6v5h4v-1c0 2-.8 3.5-3 4M18 8h-4v5h4v-1c0 2-.8 3.5-3 4',
  down: 'M12 5v13M6 12.5l6 6 6-6',
  up: 'M12 19V6M6 11.5l6-6 6 6',
  back: 'M19 12H6M11.5 6l-6 6 6 6',
  more: 'M12 6v.01M12 12v.01M12 18v.01',
  link:
    'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1' +
    'M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1',
  split: 'M4 12h5M15 12h5M11 7l2 4-2 2 2 4',
  merge: 'M5 6c6 0 6 6 12 6M5 18c6 0 6-6 12-6M14 9l3 3-3 3',
  muted: 'M6 16V11a6 6 0 0 1 9.5-4.9M18 12v4l2 2H8M10 20.5h4M4 4l16 16',
  help:
    'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z' +
    'M9.8 10a2.3 2.3 0 1 1 3.3 2.1c-.8.4-1.1.9-1.1 1.7M12 16.5v.01',
} as const

export type IconName = keyof typeof PATHS

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
)

interface IconButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly onClick: () => void
  readonly className?: string
  readonly isPressed?: boolean
  readonly isQuiet?: boolean
}

/** A button with a sign and a name that is told, and shown when somebody points at it. */
export const IconButton = (props: IconButtonProps) => (
  <button
    type="button"
    className={`icon-button ${props.className ?? ''}`}
    aria-label={props.label}
    title={props.label}
    aria-pressed={props.isPressed}
    tabIndex={props.isQuiet === true ? -1 : undefined}
    onClick={props.onClick}
  >
    <Icon name={props.icon} />
  </button>
)
