/**
 * Keeps the conversation where the model says, and tells the model where it is. What people read
 * stays in its place while messages come above and below it.
 */
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from 'react'

import type { NetworkModel, Scroll } from '../../view-model/model.ts'
import { isAtEnd } from '../../view-model/timeline.ts'
import type { Page } from '../page.ts'
import { indexOfPosition, positionsBetween, type Row } from '../rows.ts'

/** So near to the end is at the end. */
const NEAR = 32
const ESTIMATE = { message: 44, other: 34 }

export type Rows = Virtualizer<HTMLDivElement, HTMLDivElement>

const distanceToEnd = (element: HTMLElement): number =>
  element.scrollHeight - element.clientHeight - element.scrollTop

/** Shows what the model's scroll stands for; false if its row is not here yet. */
const show = (rows: readonly Row[], virtual: Rows, network: NetworkModel): boolean => {
  const { scroll, selected, unreadAfter } = network
  if (scroll.kind === 'end') {
    virtual.scrollToEnd()
    return true
  }
  const target = selected ?? scroll.position
  const index = indexOfPosition(rows, target)
  if (index < 0) return false
  const isUnread = selected === null && unreadAfter === target - 1
  if (isUnread) virtual.scrollToIndex(Math.max(0, index - 1), { align: 'start' })
  else virtual.scrollToIndex(index, { align: 'center' })
  return true
}

export interface Scrolling {
  readonly box: RefObject<HTMLDivElement | null>
  readonly virtual: Rows
  readonly onScroll: () => void
}

export const useScrolling = (
  page: Page,
  network: NetworkModel,
  rows: readonly Row[],
): Scrolling => {
  const box = useRef<HTMLDivElement>(null)
  const applied = useRef<Scroll | null>(null)
  const lastTop = useRef(0)
  const latest = useRef({ network, rows })
  latest.current = { network, rows }
  const follows = network.scroll.kind === 'end'
  const virtual = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: rows.length,
    getScrollElement: () => box.current,
    getItemKey: (index) => rows[index]?.key ?? index,
    estimateSize: (index) => (rows[index]?.kind === 'message' ? ESTIMATE.message : ESTIMATE.other),
    overscan: 10,
    anchorTo: 'end',
    followOnAppend: follows,
    scrollEndThreshold: NEAR,
    paddingStart: 12,
    paddingEnd: 12,
  })

  /** Where one is now, for the model. */
  const report = useCallback((): void => {
    const element = box.current
    const { range } = virtual
    if (element === null || range === null) return
    const now = latest.current
    const isUp = element.scrollTop < lastTop.current - 1
    lastTop.current = element.scrollTop
    // What the model wants to show is not here yet: where one is by chance does not count.
    if (applied.current !== now.network.scroll) return
    const isAtBottom = distanceToEnd(element) <= NEAR
    if (now.network.scroll.kind === 'end' && (isAtBottom || !isUp)) return
    const seen = positionsBetween(now.rows, range.startIndex, range.endIndex)
    if (seen === null) return
    const scroll: Scroll =
      isAtBottom && isAtEnd(now.network.timeline)
        ? { kind: 'end' }
        : { kind: 'at', position: seen.last, line: 0 }
    const { scroll: before, topShown } = now.network
    const isSame =
      before.kind === scroll.kind &&
      (before.kind === 'end' || scroll.kind === 'end' || before.position === scroll.position)
    if (isSame && topShown === seen.first) return
    applied.current = scroll
    page.dispatch({ kind: 'scroll', scroll }, { kind: 'shown', topPosition: seen.first })
  }, [page, virtual])

  useLayoutEffect(() => {
    if (network.scroll === applied.current || rows.length === 0) return
    if (show(rows, virtual, network)) applied.current = network.scroll
  }, [network, rows, virtual])

  // After rows have been measured, or came without anybody scrolling.
  useEffect(() => {
    const frame = requestAnimationFrame(report)
    return () => cancelAnimationFrame(frame)
  }, [rows, report])

  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => {
      if (latest.current.network.scroll.kind === 'end') virtual.scrollToEnd()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [virtual])

  return { box, virtual, onScroll: report }
}
