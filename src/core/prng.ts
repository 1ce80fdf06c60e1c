/** Randomness as a parameter: the same seed gives the same run. */
export interface Prng {
  /** Uniform in [0, 1). */
  next(): number
}

/** xoshiro128** by Blackman and Vigna (2018), seeded through splitmix32. Not for secrets. */
export const createPrng = (seed: number): Prng => {
  let mix = seed >>> 0
  const fill = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0
    let z = mix
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
  let a = fill()
  let b = fill()
  let c = fill()
  let d = fill()
  const rotate = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0
  return {
    next: () => {
      const result = Math.imul(rotate(Math.imul(b, 5) >>> 0, 7), 9) >>> 0
      const t = (b << 9) >>> 0
      c = (c ^ a) >>> 0
      d = (d ^ b) >>> 0
      b = (b ^ c) >>> 0
      a = (a ^ d) >>> 0
      c = (c ^ t) >>> 0
      d = rotate(d, 11)
      return result / 0x1_0000_0000
    },
  }
}

/** `base` varied by up to `share` of itself either way. */
export const jitter = (prng: Prng, base: number, share: number): number =>
  base * (1 - share + 2 * share * prng.next())
