/** Who is in a network: who leads, who is there, and when each was last heard. */
import type { MemberView } from '../../node/api.ts'
import type { NetworkModel } from '../../view-model/model.ts'
import { plainLine } from '../../view-model/plain-text.ts'
import { heardText, whyLeader } from '../../view-model/words.ts'
import { Avatar } from './avatar.tsx'
import { IconButton } from './icons.tsx'
import { usePage } from './use-page.ts'

const Member = ({ member }: { readonly member: MemberView }) => {
  const page = usePage()
  const { id, name, role, leader, active, self } = member
  return (
    <li>
      <button
        type="button"
        className={`member ${active ? '' : 'is-away'}`}
        onClick={() => page.dispatch({ kind: 'overlay', overlay: { kind: 'member', id } })}
      >
        <Avatar who={member} isActive={active} isSmall />
        <span className="member-words">
          <span className="member-name">
            {plainLine(name)}
            {leader ? (
              <span className="star" title="leads">
                ★<span className="visually-hidden"> leads</span>
              </span>
            ) : null}
            {role === 'member' ? null : <span className="role">{role}</span>}
            {self ? <span className="role">you</span> : null}
          </span>
          {self ? null : <span className="member-heard">{heardText(member)}</span>}
        </span>
      </button>
    </li>
  )
}

export const Members = ({ network }: { readonly network: NetworkModel }) => {
  const page = usePage()
  const { members, status } = network
  const active = members.filter((member) => member.active)
  const silent = members.filter((member) => !member.active)
  return (
    <aside className="members" aria-label="Members">
      <div className="members-head only-narrow">
        <h2>Members</h2>
        <IconButton icon="close" label="Close" onClick={() => page.update({ drawer: null })} />
      </div>
      <h2 className="side-title">
        Active, {active.length} of {status.roster}
      </h2>
      <ul className="side-list">
        {active.map((member) => (
          <Member key={member.id} member={member} />
        ))}
      </ul>
      {silent.length === 0 ? null : (
        <>
          <h2 className="side-title">Silent</h2>
          <ul className="side-list">
            {silent.map((member) => (
              <Member key={member.id} member={member} />
            ))}
          </ul>
        </>
      )}
      <p className="members-why">{whyLeader(status)}</p>
    </aside>
  )
}
