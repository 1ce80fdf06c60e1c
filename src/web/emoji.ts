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

/** Those whose name begins with what was typed, then those that contain it. */
export const findEmoji = (typed: string): readonly Emoji[] => {
  const wanted = typed.toLowerCase()
  const starts = EMOJI.filter(({ name }) => name.startsWith(wanted))
  const others = EMOJI.filter(({ name }) => !name.startsWith(wanted) && name.includes(wanted))
  return [...starts, ...others].slice(0, wanted === '' ? EMOJI.length : MAX_FOUND)
}

const ONLY_EMOJI = /^(?:\p{RGI_Emoji}\s?){1,4}$/v

/** A few emoji and nothing else. */
export const isOnlyEmoji = (text: string): boolean => text.length <= 48 && ONLY_EMOJI.test(text)
