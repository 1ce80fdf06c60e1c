/** What to compare in the browser, where the node's certificate is its own. */
export const fingerprintLines = (fingerprint: string | null | undefined): readonly string[] =>
  fingerprint === null || fingerprint === undefined
    ? []
    : [`Its certificate (SHA-256): ${fingerprint}`]
