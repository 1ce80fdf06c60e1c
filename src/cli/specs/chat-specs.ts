/** Verbs for running a node, for networks and for what is said in them. */
import {
  nodeOptions,
  option,
  readOptions,
  repeatable,
  timeoutOption,
  type VerbSpec,
} from './verb-spec.ts'

export const chatSpecs: readonly VerbSpec[] = [
  {
    usage: 'run',
    summary: 'run a node without a chat, for servers and scripts',
    examples: [
      'parley run --name alice --nds https://127.0.0.1:7400',
      'parley run --listen 10.0.0.5:7411 --peer 10.0.0.6:7411',
      'parley run --profile bob --json',
    ],
    options: nodeOptions,
    json: '`{"event":"ready","kind":"node","id","name","listen","web","pid"}`',
    load: async () => (await import('../verbs/run.ts')).run,
  },
  {
    usage: 'web',
    summary: 'print a link that opens the chat in a browser: it works once, for ten minutes',
    examples: ['parley web', 'parley web --open', 'parley web --set-password'],
    options: [
      option('--open', 'open it in the browser of this desktop as well'),
      option('--set-password', 'set the password that a page needs which others can reach'),
    ],
    json: '`{"link","fingerprint"}`; with `--set-password` `{"dataDir"}`',
    load: async () => (await import('../verbs/web.ts')).web,
  },
  {
    usage: 'nds',
    summary: 'run a Node Discovery Service, where nodes find groups by name',
    examples: [
      'parley nds',
      'parley nds --listen 10.0.0.5:7400 --json',
      'parley nds --listen 10.0.0.5:7400 --store etcd://10.0.0.7:2379,10.0.0.8:2379',
    ],
    options: [
      option('--listen <host:port>', 'for nodes (default: 127.0.0.1:7400)'),
      repeatable('--advertise <host:port>', 'where nodes reach it, if not at --listen'),
      option('--no-mdns', 'do not announce it on the local network'),
      option('--store <address>', 'etcd://host:port,… shared by replicas (default: a file)'),
      option('--metrics <host:port>', 'plain pages /healthz, /readyz and /metrics (default: none)'),
      option('--rate <calls>', 'calls a second of one address (default: 100)'),
      option('--lease-ms <ms>', 'how long an entry lasts unless renewed (default: 30000)'),
    ],
    json: '`{"event":"ready","kind":"nds","listen","url","pid"}`',
    load: async () => (await import('../verbs/nds.ts')).nds,
  },
  {
    usage: 'networks',
    summary: 'list the networks you are in and those that can be found',
    examples: ['parley networks', 'parley networks --json'],
    json: '`{"networks":[{"id","name","joined","leader":{"id","name"},"members","unread"}]}`',
    load: async () => (await import('../verbs/groups.ts')).networks,
  },
  {
    usage: 'create <name>',
    summary: 'create a network',
    examples: ['parley create lobby', 'parley create plans --unlisted'],
    options: [
      option('--policy <policy>', 'who may come in').choices(['open', 'invite']),
      option('--unlisted', 'not shown by discovery services'),
    ],
    json: '`{"network":{"id","name"},"member","head"}`',
    load: async () => (await import('../verbs/groups.ts')).create,
  },
  {
    usage: 'join <name-or-link>',
    summary: 'join a network by its name, an address or a link',
    examples: [
      'parley join lobby',
      'parley join 127.0.0.1:7411/lobby',
      "parley join 'parley://join/…'",
    ],
    options: [timeoutOption],
    json: 'the same as `create`',
    load: async () => (await import('../verbs/groups.ts')).join,
  },
  {
    usage: 'leave <network>',
    summary: 'leave a network; its history stays readable here',
    examples: ['parley leave lobby'],
    options: [option('--force', 'even if nobody else has a part of its history')],
    json: '`{"network","left":true}`',
    load: async () => (await import('../verbs/groups.ts')).leave,
  },
  {
    usage: 'send <network> [text...]',
    summary: 'send one message; "-" or no text reads it from stdin',
    examples: [
      'parley send lobby hello everybody',
      'parley send lobby --wait all "is it on every disk?"',
      'uptime | parley send lobby -',
      'tail -f app.log | parley send lobby --lines',
      'parley send lobby --reply 17 at ten',
      'parley send lobby --delete 17',
    ],
    options: [
      option('--wait <what>', 'queued, sequenced (default), majority, all, or a number of members'),
      option('--lines', 'one message for each line of stdin'),
      option('--reply <position>', 'answer that message'),
      option('--edit <position>', 'say that message of yours otherwise'),
      option('--delete <position>', 'take that message of yours back: all are asked to hide it'),
      option('--react <position>', 'a sign for that message; "" takes yours back'),
      timeoutOption,
    ],
    json:
      '`{"message":{"id","position","clock","storedBy","of","missing"}}`; with `--lines` one for ' +
      'each line, or `{"error":…}`',
    load: async () => (await import('../verbs/send.ts')).send,
  },
  {
    usage: 'tail <network>',
    summary: 'show the newest messages; with -f go on with what arrives',
    examples: ['parley tail lobby', 'parley tail -f lobby', 'parley tail -f lobby --from 1 --json'],
    options: [
      option('-f, --follow', 'go on with what arrives, and what happens to the group'),
      option('-n, --limit <count>', 'so many (default: 20)'),
      ...readOptions,
    ],
    json: 'a message on each line; with `-f` also events',
    load: async () => (await import('../verbs/read.ts')).tail,
  },
  {
    usage: 'history <network>',
    summary: 'show all messages, oldest first',
    examples: ['parley history lobby', 'parley history lobby --from 4120 --limit 69 --json'],
    options: [
      option('-n, --limit <count>', 'so many; the newest unless --from says'),
      ...readOptions,
    ],
    json: 'a message on each line',
    load: async () => (await import('../verbs/read.ts')).history,
  },
  {
    usage: 'members <network>',
    summary: 'show who is in a network, in order of seniority',
    examples: ['parley members lobby', 'parley members lobby --json'],
    json:
      '`{"leader","members":[{"number","id","name","role","leader","active","self","fingerprint",' +
      '"address","lastHeardMs"}]}`',
    load: async () => (await import('../verbs/groups.ts')).members,
  },
  {
    usage: 'status',
    summary: 'show how the node and its networks are',
    examples: ['parley status', 'parley status --json'],
    json:
      '`{"node":{"id","name","listen","fingerprint"},"networks":[{"id","name","head","count",' +
      '"role","leader","active","roster","splitSince","outbox",…}]}`',
    load: async () => (await import('../verbs/groups.ts')).status,
  },
  {
    usage: 'passphrase',
    summary: 'put the key of a node under a passphrase, another one, or none',
    examples: ['parley passphrase', 'parley passphrase --profile bob'],
    json: '`{"dataDir","locked"}`',
    load: async () => (await import('../verbs/passphrase.ts')).passphrase,
  },
  {
    usage: 'search <network> <words...>',
    summary: 'show messages that contain all of these words, oldest first',
    examples: ['parley search lobby deploy friday', 'parley search lobby deplo -n 5 --json'],
    options: [
      option('-n, --limit <count>', 'so many of the newest (default: 50)'),
      option('--before <position>', 'only messages before this one, for the page before'),
    ],
    json: 'a message on each line',
    load: async () => (await import('../verbs/read.ts')).search,
  },
]
