/** What axe-core finds wrong with a page, for those who cannot see it, or only use its keys. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import type { Window } from './windows.ts'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Found {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

const AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * Serious and critical ones by the rules of WCAG 2.2 AA, or only those that other colours may
 * bring; each with the first place.
 */
export const seriousIssues = async (
  { page }: Window,
  runOnly: readonly string[] = AA,
): Promise<readonly string[]> => {
  // Asked from outside: the policy of the page is for what the page does itself.
  await page.evaluate(`window.axe ?? (() => { ${source} })()`)
  const options = JSON.stringify({ runOnly, resultTypes: ['violations'] })
  const violations: readonly Found[] = await page.evaluate(
    `axe.run(document, ${options}).then(({ violations }) => violations.map((one) => ({
      id: one.id,
      impact: one.impact,
      nodes: one.nodes.slice(0, 2).map(({ html, failureSummary }) => ({ html, failureSummary })),
    })))`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''} ${nodes[0]?.failureSummary ?? ''}`)
}
