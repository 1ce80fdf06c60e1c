/** Several lines of code, to be copied as a whole. */
import { CopyButton } from '../ui/copy-button.tsx'

export const CodeBlock = ({ text }: { readonly text: string }) => (
  <div className="code-block">
    <pre tabIndex={0} role="group" aria-label="code">
      <code>{text}</code>
    </pre>
    <CopyButton text={text} label="Copy this code" />
  </div>
)
