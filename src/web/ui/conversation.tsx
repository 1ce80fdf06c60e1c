/** The messages of one network. Only those in sight are on the page. */
import { useEffect, useMemo, useState } from 'react'

import type { Who } from '../../node/api.ts'
import { isMention } from '../../view-model/mention.ts'
import type { Model, NetworkModel } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { unreadText } from '../../view-model/words.ts'
import { rowsOf, type Row } from '../rows.ts'
import { Icon } from './icons.tsx'
import { Beginning, DayLine, HappeningMark, UnreadLine } from './marks.tsx'
import { Message, Pending } from './message.tsx'
import { useScrolling, type Rows } from './scrolling.ts'
import { usePage } from './use-page.ts'

interface RowProps {
  readonly row: Row
  readonly self: Who
  readonly selected: number | null
}

const RowView = ({ row, self, selected }: RowProps) => {
  switch (row.kind) {
    case 'beginning':
      return <Beginning />
    case 'day':
      return <DayLine day={row.day} />
    case 'unread':
      return <UnreadLine count={row.count} />
    case 'mark':
      return <HappeningMark what={row.mark.what} />
    case 'pending':
      return <Pending pending={row.pending} name={self.name} />
    case 'message':
      return (
        <Message
          message={row.message}
          self={self}
          isOwn={row.isOwn}
          isIgnored={row.isIgnored}
          isContinued={row.isContinued}
          isSelected={selected === row.message.position}
          isMention={!row.isOwn && isMention(row.message.text, self.name)}
        />
      )
  }
}

/** How many are below what is shown; a button goes there. */
const ToEnd = ({ network }: { readonly network: NetworkModel }) => {
  const page = usePage()
  const { scroll, timeline, readUpTo } = network
  if (scroll.kind === 'end') return null
  const unread = timeline.newest - Math.max(readUpTo, scroll.position)
  return (
    <button
      type="button"
      className="to-end"
      onClick={() =>
        page.dispatch(
          { kind: 'scroll', scroll: { kind: 'end' } },
          { kind: 'select', position: null },
        )
      }
    >
      <Icon name="down" />
      {unread > 0 ? unreadText(unread) : 'Newest'}
    </button>
  )
}

/** Where the unread ones begin, when that is further up. */
const ToUnread = ({
  network,
  rows,
  virtual,
}: {
  network: NetworkModel
  rows: readonly Row[]
  virtual: Rows
}) => {
  const page = usePage()
  const { unreadAfter, timeline } = network
  const index = rows.findIndex(({ kind }) => kind === 'unread')
  const top = virtual.range?.startIndex ?? 0
  const bottom = virtual.range?.endIndex ?? 0
  const isInSight = index >= top && index <= bottom
  const [seen, setSeen] = useState<number | null>(null)
  useEffect(() => {
    if (isInSight) setSeen(unreadAfter)
  }, [isInSight, unreadAfter])
  if (seen === unreadAfter) return null
  const isAbove = unreadAfter !== null && (index < 0 ? timeline.messages.length > 0 : index < top)
  if (!isAbove) return null
  const count = timeline.newest - unreadAfter
  if (count <= 0) return null
  return (
    <button type="button" className="to-unread" onClick={() => page.jump(unreadAfter + 1)}>
      <Icon name="up" />
      {unreadText(count)}
    </button>
  )
}

interface ConversationProps {
  readonly model: Model
  readonly network: NetworkModel
}

export const Conversation = ({ model, network }: ConversationProps) => {
  const page = usePage()
  const rows = useMemo(() => rowsOf(model, network), [model, network])
  const { box, virtual, onScroll } = useScrolling(page, network, rows)
  useEffect(() => {
    page.scrollBox = box.current
  }, [page, box])
  const isLoading = network.timeline.loading !== null
  return (
    <div className="conversation">
      <div
        ref={box}
        className="messages"
        role="log"
        aria-live="off"
        aria-label={`Messages in ${plainLine(network.name)}`}
        aria-busy={isLoading}
        tabIndex={0}
        onScroll={onScroll}
      >
        <div className="messages-inside" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]
            return row === undefined ? null : (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="row"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <RowView row={row} self={model.self} selected={network.selected} />
              </div>
            )
          })}
        </div>
      </div>
      {isLoading ? <div className="loading-line" /> : null}
      <ToUnread network={network} rows={rows} virtual={virtual} />
      <ToEnd network={network} />
    </div>
  )
}
