/** How this browser signs in to the node: a one-time ticket for a cookie that scripts cannot read. */

/** What the address bar brought: a ticket to sign in with, a link to join with. */
export interface Arrival {
  readonly ticket: string | null
  readonly join: string | null
}

/** From the part of the address after `#`, which never left this browser. */
export const arrivalOf = (fragment: string): Arrival => {
  const given = new URLSearchParams(fragment.replace(/^#/, ''))
  return { ticket: given.get('ticket'), join: given.get('join') }
}

/** Whether the node knows this browser. Rejects if it does not answer. */
export const isSignedIn = async (): Promise<boolean> => {
  const response = await fetch('/session', { cache: 'no-store' })
  return response.status !== 401
}

/** Trades the ticket for a cookie; false if it was used already, or is too old. */
export const signIn = async (ticket: string): Promise<boolean> => {
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket }),
  })
  return response.ok
}

export const signOut = async (): Promise<void> => {
  await fetch('/session', { method: 'DELETE' })
}
