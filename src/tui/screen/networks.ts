/** The networks at the side: what is joined, what is unread there, and what was found. */
import { unreadCount, type Model, type NetworkModel } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { networkSign, unreadMark } from '../../view-model/words.ts'
import { barRow, emptyRow, fill, fitRow, row, span, type Row } from './row.ts'
import { padEnd, widthOf } from './text.ts'

const networkRow = (model: Model, network: NetworkModel, index: number, width: number): Row => {
  const isCurrent = network.id === model.currentId
  const number = index < 9 ? String(index + 1) : ' '
  const right = `${unreadMark(network)} ${network.status.active}`.trimStart()
  const start = `${number}${networkSign(network)}`
  const name = padEnd(plainLine(network.name), width - widthOf(start) - widthOf(right) - 2)
  const text = `${start} ${name} ${right}`
  if (isCurrent) return barRow(row(text), width, 'picked')
  const look = network.mentions.length > 0 ? 'mention' : unreadCount(network) > 0 ? 'bold' : 'plain'
  return fitRow([span(text, look)], width)
}

export const networkRows = (model: Model, width: number, height: number): readonly Row[] => {
  const { networks, offers } = model
  const rows: Row[] = [row(' Networks', 'title')]
  const index = networks.findIndex(({ id }) => id === model.currentId)
  // Of many networks those around the current one are shown.
  const room = Math.max(1, height - 2)
  const from = Math.max(0, Math.min(index - Math.floor(room / 2), networks.length - room))
  for (const [offset, network] of networks.slice(from, from + room).entries())
    rows.push(networkRow(model, network, from + offset, width))
  const found = offers.filter(({ joined }) => !joined)
  if (found.length > 0 && rows.length + 2 < height) {
    rows.push(emptyRow, row(' Found', 'title'))
    for (const { name, members } of found)
      rows.push(fitRow(row(`   ${padEnd(plainLine(name), width - 7)} ${members}`, 'dim'), width))
  }
  return fill(rows, height)
}

/** The same in one row, where there is no room at the side. */
export const networkLine = (model: Model, width: number): Row => {
  const parts = model.networks.flatMap((network, index) => {
    const mark = unreadMark(network)
    const text = ` ${index + 1}${networkSign(network).trim()} ${plainLine(network.name)}${mark} `
    const isCurrent = network.id === model.currentId
    return [span(text, isCurrent ? 'picked' : mark === '' ? 'plain' : 'bold')]
  })
  return fitRow(parts, width)
}
