/** Signs of the page, drawn here: nothing is fetched. */
const PATHS = {
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.500 15.500L20 20',
  people:
    'M9 5a3.200 3.200 0 1 0 0 6.400A3.200 3.200 0 0 0 9 5zM3 19c.4-3.300 2.800-5 6-5s5.600 1.700 6 5' +
    'M16 5.500a2.800 2.800 0 0 1 0 5.400M18 14.500c1.700.7 2.700 2.200 3 4.500',
  menu: 'M4 7h16M4 12h16M4 17h16',
  settings:
    'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.200 2.200' +
    'M16.200 16.200l2.200 2.200M18.400 5.600l-2.200 2.200M7.800 16.200l-2.200 2.200',
  send: 'M4 12L20 4l-5 16-3.500-6.500zM11.500 13.500L20 4',
  smile:
    'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9 10v.01M15 10v.01M8.500 14c1.900 2.500 5.100 2.500 7 0',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8v.01',
  copy: 'M9 9h10v10H9zM15 9V5H5v10h4',
  quote: 'M10 8H6v5h4v-1c0 2-.8 3.500-3 4M18 8h-4v5h4v-1c0 2-.8 3.500-3 4',
  down: 'M12 5v13M6 12.500l6 6 6-6',
  up: 'M12 19V6M6 11.500l6-6 6 6',
  back: 'M19 12H6M11.500 6l-6 6 6 6',
  more: 'M12 6v.01M12 12v.01M12 18v.01',
  link: 'M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  split: 'M4 12h5M15 12h5M11 7l2 4-2 2 2 4',
  merge: 'M5 6c6 0 6 6 12 6M5 18c6 0 6-6 12-6M14 9l3 3-3 3',
  muted: 'M6 16V11a6 6 0 0 1 9.500-4.900M18 12v4l2 2H8M10 20.500h4M4 4l16 16',
  help: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9.800 10a2.300 2.300 0 1 1 3.300 2.100c-.8.400-1.100.900-1.100 1.700M12 16.500v.01',
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
