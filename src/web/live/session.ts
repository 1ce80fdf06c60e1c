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

/** Whether this node takes a password: where others can reach its page. */
export const takesPassword = async (): Promise<boolean> => {
  const response = await fetch('/session', { cache: 'no-store' })
  if (response.status !== 401) return false
  const { error } = (await response.json()) as { error?: { data?: { password?: boolean } } }
  return error?.data?.password === true
}

/** Null if that went well; else why not, in the node's words. */
export const signInWith = async (password: string): Promise<string | null> => {
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password }),
  })
  if (response.ok) return null
  const { error } = (await response.json()) as { error?: { message?: string; hint?: string } }
  return `${error?.message ?? 'It did not work'}. ${error?.hint ?? ''}`
}
