/** Which of so many colours somebody has: the same for the same key, always. */
export const hueOf = (id: string, hues: number): number => {
  let sum = 0
  for (let index = 0; index < id.length; index += 1) sum = (sum * 31 + id.charCodeAt(index)) % 9973
  return sum % hues
}
