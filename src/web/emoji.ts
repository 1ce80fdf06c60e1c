/** Emoji that are asked for by name: `:tada` becomes 🎉. Pure. */

const table = `
smile 😄|grin 😁|joy 😂|laugh 🤣|wink 😉|blush 😊|heart_eyes 😍|kiss 😘|thinking 🤔
neutral 😐|smirk 😏|roll_eyes 🙄|sweat 😅|relieved 😌|sleepy 😴|sick 🤒|dizzy 😵|cool 😎
nerd 🤓|monocle 🧐|confused 😕|worried 😟|sad 😞|cry 😢|sob 😭|scream 😱|angry 😠|rage 😡
shrug 🤷|facepalm 🤦|mind_blown 🤯|party 🥳|hug 🤗|zip 🤐|shush 🤫|salute 🫡|robot 🤖
ghost 👻|skull 💀|alien 👽|wave 👋|ok_hand 👌|victory ✌️|crossed_fingers 🤞
thumbs_up 👍|thumbs_down 👎|clap 👏|raised_hands 🙌|pray 🙏|handshake 🤝|muscle 💪
point_up ☝️|point_right 👉|point_left 👈|eyes 👀|brain 🧠|writing ✍️|heart ❤️
orange_heart 🧡|green_heart 💚|blue_heart 💙|broken_heart 💔|sparkles ✨|star ⭐
fire 🔥|boom 💥|zap ⚡|rainbow 🌈|sun ☀️|cloud ☁️|rain 🌧️|snow ❄️|moon 🌙|earth 🌍
ocean 🌊|tree 🌳|flower 🌸|dog 🐶|cat 🐱|mouse 🐭|bear 🐻|panda 🐼|penguin 🐧|bird 🐦
fish 🐟|whale 🐳|octopus 🐙|bug 🐛|bee 🐝|turtle 🐢|unicorn 🦄|apple 🍎|banana 🍌
lemon 🍋|strawberry 🍓|avocado 🥑|bread 🍞|cheese 🧀|pizza 🍕|burger 🍔|taco 🌮|sushi 🍣
cake 🍰|cookie 🍪|coffee ☕|tea 🍵|beer 🍺|wine 🍷|tada 🎉|balloon 🎈|gift 🎁|trophy 🏆
medal 🏅|soccer ⚽|game 🎮|music 🎵|guitar 🎸|art 🎨|camera 📷|movie 🎬|ship 🚢
sailboat ⛵|rocket 🚀|plane ✈️|train 🚆|car 🚗|bike 🚲|anchor ⚓|map 🗺️|house 🏠
office 🏢|tent ⛺|computer 💻|phone 📱|battery 🔋|plug 🔌|disk 💾|bulb 💡|wrench 🔧
hammer 🔨|gear ⚙️|link 🔗|lock 🔒|key 🔑|bell 🔔|mail 📧|package 📦|pencil ✏️|memo 📝
book 📖|calendar 📅|chart 📈|pin 📌|clip 📎|scissors ✂️|trash 🗑️|clock 🕒|hourglass ⏳
warning ⚠️|no_entry ⛔|check ✅|cross ❌|question ❓|exclamation ❗|plus ➕|minus ➖
arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|hundred 💯|red_circle 🔴
green_circle 🟢|flag 🏁
`

export interface Emoji {
  readonly name: string
  readonly char: string
}

export const EMOJI: readonly Emoji[] = table
  .trim()
  .split(/[|\n]/)
  .map((entry) => {
    const [name = '', char = ''] = entry.split(' ')
    return { name, char }
  })

const MAX_FOUND = 40

/** The one with that name, those that begin with what was typed, then those that contain it. */
export const findEmoji = (typed: string): readonly Emoji[] => {
  const wanted = typed.toLowerCase()
  const rank = (name: string): number => (name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2)
  const found = EMOJI.filter(({ name }) => name.includes(wanted))
  if (wanted === '') return found
  return found.toSorted((a, b) => rank(a.name) - rank(b.name)).slice(0, MAX_FOUND)
}

// The browser's own table of emoji (RGI_Emoji) would be exact, and takes far too long per message.
const PART = String.raw`\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}`
const ONLY_EMOJI = new RegExp(String.raw`^(?:(?:${PART}|\u200d|\ufe0f)\s?)+$`, 'u')
const MAX_LARGE = 24

/** A few emoji and nothing else. */
export const isOnlyEmoji = (text: string): boolean =>
  text.length <= MAX_LARGE && ONLY_EMOJI.test(text)
