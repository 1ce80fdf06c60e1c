/** Search over the whole history of a network, the newest first; a result is a place to go to. */
import { useState, type FormEvent } from 'react'

import { fullTime } from '../../chat/clock.ts'
import type { MessageView } from '../../node/api.ts'
import { currentNetwork, type SearchModel } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { nameClass } from './avatar.tsx'
import { Modal } from './modal.tsx'
import { usePage, usePageState } from './use-page.ts'

const Result = ({ message, onGo }: { message: MessageView; onGo: () => void }) => (
  <li>
    <button type="button" className="result" onClick={onGo}>
      <span className="result-head">
        <span className={`author ${nameClass(message.author.id)}`}>
          {plainLine(message.author.name)}
        </span>
        <span className="muted">
          #{message.position} · {fullTime(message.sentAt).slice(0, 16)}
        </span>
      </span>
      <span className="result-text">{plainLine(message.text).slice(0, 300)}</span>
    </button>
  </li>
)

const Results = ({ search }: { readonly search: SearchModel }) => {
  const page = usePage()
  const { results, isLoading, hasMore, query, network } = search
  const found = `${results.length}${hasMore ? '+' : ''} found`
  const go = (position: number): void => {
    page.closeAll()
    page.dispatch({ kind: 'open-network', network })
    page.jump(position)
    page.focusComposer()
  }
  return (
    <>
      <p className="muted" role="status">
        {isLoading ? 'Looking …' : found}
      </p>
      <ul className="results">
        {results.toReversed().map((message) => (
          <Result key={message.id} message={message} onGo={() => go(message.position)} />
        ))}
      </ul>
      {hasMore && !isLoading && results.length > 0 ? (
        <button
          type="button"
          className="button"
          onClick={() => page.dispatch({ kind: 'search-more' })}
        >
          Older results for “{plainLine(query)}”
        </button>
      ) : null}
    </>
  )
}

export const SearchDialog = () => {
  const page = usePage()
  const { model } = usePageState()
  const network = currentNetwork(model)
  const [query, setQuery] = useState(model.search?.query ?? '')
  if (network === null) return null
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (query.trim() === '') return
    page.dispatch({ kind: 'search', network: network.id, query: query.trim() })
  }
  return (
    <Modal
      title={`Search in ${plainLine(network.name)}`}
      size="wide"
      onClose={() => page.closeAll()}
    >
      <form className="enter-form" role="search" onSubmit={submit}>
        <label>
          <span>Words that a message contains</span>
          <input
            type="text"
            enterKeyHint="search"
            value={query}
            onChange={({ target }) => setQuery(target.value)}
          />
        </label>
        <button type="submit" className="button is-primary" disabled={query.trim() === ''}>
          Search
        </button>
      </form>
      {model.search === null ? null : <Results search={model.search} />}
    </Modal>
  )
}
