/** The page and what it shows, for every part of it. */
import { createContext, useContext, useSyncExternalStore } from 'react'

import type { Page, PageState } from '../page.ts'

export const PageContext = createContext<Page | null>(null)

export const usePage = (): Page => {
  const page = useContext(PageContext)
  if (page === null) throw new Error('no page around this')
  return page
}

export const usePageState = (): PageState => {
  const page = usePage()
  return useSyncExternalStore(page.subscribe, page.state)
}
