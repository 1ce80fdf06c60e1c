/** Every checker that a run is held to. */
import { BoundsChecker } from './bounds.ts'
import type { Checker } from './checker.ts'
import { CoverageChecker } from './coverage.ts'
import { DurabilityChecker } from './durability.ts'
import { EntriesChecker } from './entries.ts'
import { LeadingChecker } from './leading.ts'
import { MembersChecker } from './members.ts'
import { OrderChecker } from './order.ts'
import { QuietChecker } from './quiet.ts'
import { RepeatsChecker } from './repeats.ts'

export const allCheckers = (): readonly Checker[] => [
  new EntriesChecker(),
  new OrderChecker(),
  new DurabilityChecker(),
  new LeadingChecker(),
  new MembersChecker(),
  new RepeatsChecker(),
  new QuietChecker(),
  new BoundsChecker(),
  new CoverageChecker(),
]
