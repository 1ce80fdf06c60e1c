/** What stands between messages: what happened, days, and where the unread ones begin. */
import { clock } from '../../chat/clock.ts'
import type { Happening } from '../../view-model/model.ts'
import { happeningText, unreadText } from '../../view-model/words.ts'
import { Icon } from './icons.tsx'
import { usePage } from './use-page.ts'

const dayFormat = new Intl.DateTimeFormat('en', { dateStyle: 'full' })

export const DayLine = ({ day }: { readonly day: string }) => (
  <div className="rule rule-day">
    <span>{dayFormat.format(new Date(`${day}T12:00:00`))}</span>
  </div>
)

export const UnreadLine = ({ count }: { readonly count: number }) => (
  <div className="rule rule-unread">
    <span>{unreadText(count)}</span>
  </div>
)

export const Beginning = () => <p className="beginning">Here the history begins.</p>

type Merge = Extract<Happening, { readonly kind: 'merge' }>
type CaughtUp = Extract<Happening, { readonly kind: 'caught-up' }>

/** Something with a place in the history that one can go to. */
const PlaceMark = ({ what }: { readonly what: Merge | CaughtUp }) => {
  const page = usePage()
  const isMerge = what.kind === 'merge'
  return (
    <div className={`block-mark ${isMerge ? 'is-merge' : 'is-caught-up'}`}>
      <Icon name={isMerge ? 'merge' : 'down'} />
      <p>{happeningText(what, clock)}</p>
      <button type="button" className="small-button" onClick={() => page.jump(what.fromPosition)}>
        Go to #{what.fromPosition}
      </button>
    </div>
  )
}

const TONES: Partial<Record<Happening['kind'], string>> = {
  split: 'is-trouble',
  removed: 'is-trouble',
  fault: 'is-trouble',
  'two-stories': 'is-trouble',
  whole: 'is-good',
  recovered: 'is-good',
}

export const HappeningMark = ({ what }: { readonly what: Happening }) => {
  if (what.kind === 'merge' || what.kind === 'caught-up') return <PlaceMark what={what} />
  return <p className={`quiet-mark ${TONES[what.kind] ?? ''}`}>{happeningText(what, clock)}</p>
}
