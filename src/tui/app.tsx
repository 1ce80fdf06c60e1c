/** Draws the screen. Rows come painted; Ink finds out what has changed and writes only that. */
import { Box, Text, useCursor } from 'ink'
import { memo, useSyncExternalStore } from 'react'

import type { Face } from './face.ts'
import { paintRow, row, type Row } from './screen/row.ts'
import type { Screen } from './screen/screen.ts'
import type { Paint } from './screen/theme.ts'

interface ColumnProps {
  readonly rows: readonly Row[]
  readonly width: number
  readonly paint: Paint
}

/** Rows below one another in a column of so many characters. */
const Column = memo(({ rows, width, paint }: ColumnProps) => (
  <Box width={width} height={rows.length} flexShrink={0}>
    <Text>{rows.map((one) => paintRow(one, paint)).join('\n')}</Text>
  </Box>
))

const ScreenView = ({ screen, paint }: { readonly screen: Screen; readonly paint: Paint }) => {
  const { setCursorPosition } = useCursor()
  setCursorPosition(screen.cursor)
  const { side, sideWidth, main, mainWidth } = screen
  const line = main.map(() => row('│', 'dim'))
  return (
    <Box>
      {sideWidth > 0 && <Column rows={side} width={sideWidth} paint={paint} />}
      {sideWidth > 0 && <Column rows={line} width={1} paint={paint} />}
      <Column rows={main} width={mainWidth} paint={paint} />
    </Box>
  )
}

export interface AppProps {
  readonly source: Pick<Face, 'subscribe' | 'screen'>
  readonly paint: Paint
}

export const App = ({ source, paint }: AppProps) => (
  <ScreenView screen={useSyncExternalStore(source.subscribe, source.screen)} paint={paint} />
)
