/** Methods of the local API for those who look after a node and its networks. */
import type { MessageId } from '../../core/ids.ts'
import type {
  Invite,
  MessageTrace,
  OpenInviteView,
  Surroundings,
  Verified,
  WayStep,
} from '../operator-api.ts'
import type { WebLink } from './web/web-link.ts'

interface Changed {
  readonly ok: true
}

export interface OperatorMethods {
  readonly ban: { readonly params: { network: string; member: string }; readonly result: Changed }
  readonly unban: { readonly params: { network: string; member: string }; readonly result: Changed }
  readonly set_role: {
    readonly params: { network: string; member: string; role: string }
    readonly result: Changed
  }
  readonly rename: { readonly params: { network: string; name: string }; readonly result: Changed }
  readonly invite: {
    readonly params: { network: string; uses?: number; lastsMs?: number }
    readonly result: Invite
  }
  readonly invites: {
    readonly params: { network: string }
    readonly result: { readonly invites: readonly OpenInviteView[] }
  }
  readonly revoke: {
    readonly params: { network: string; invite: string }
    readonly result: { readonly key: string }
  }
  /** Takes as long as it takes: minutes for a million entries. */
  readonly verify: {
    readonly params: { network: string; upTo?: number }
    readonly result: Verified
  }
  readonly trace: {
    readonly params: { network?: string; message: string }
    readonly result: MessageTrace
  }
  readonly way: {
    readonly params: { network: string; message: MessageId }
    readonly result: { readonly steps: readonly WayStep[] }
  }
  /** What `doctor` cannot see from outside. */
  readonly surroundings: {
    readonly params: Record<string, never>
    readonly result: Surroundings
  }
  /** For commands on this machine only, not for pages. */
  readonly web_link: {
    readonly params: Record<string, never>
    /** Signs one browser in, once, within ten minutes. */
    readonly result: WebLink
  }
}
