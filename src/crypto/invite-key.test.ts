import { expect, it } from 'vitest'

import { inviteKeyOf, newInviteKey } from './invite-key.ts'
import { verifySignature } from './node-crypto.ts'

it('whoever has the secret signs as the invite', () => {
  const { secret, identity } = newInviteKey()
  expect(secret).toMatch(/^[\w-]{43}$/)
  const again = inviteKeyOf(secret)
  expect(again?.id).toBe(identity.id)
  expect(verifySignature(identity.id, 'let me in', again?.sign('let me in') ?? '')).toBe(true)
})

it('what is no secret gives no key', () => {
  for (const text of ['', 'short', 'x'.repeat(44), `${'A'.repeat(42)}!`, `${'A'.repeat(42)}B`])
    expect(inviteKeyOf(text), text).toBeNull()
})
