/** Verbs for those who look after networks and nodes. */
import { option, timeoutOption, type VerbSpec } from './verb-spec.ts'

const upTo = option('--upto <position>', 'take the fingerprint of the history up to this message')

export const operatorSpecs: readonly VerbSpec[] = [
  {
    usage: 'invite <network>',
    summary: 'print a link that others can join with; on a terminal also as a QR code',
    examples: [
      'parley invite lobby',
      'parley invite board --uses 5 --expires 12h',
      'parley invite board --list',
      "parley invite board --revoke 'parley://join/…'",
    ],
    options: [
      option('--uses <count>', 'how many may come in with it (default: 1)'),
      option('--expires <time>', 'how long it lasts, such as 30m, 12h or 7d (default: 7d)'),
      option('--list', 'show the invites that somebody may still come in with'),
      option('--revoke <link-or-key>', 'take an invite back'),
      option('--no-qr', 'no QR code'),
    ],
    json:
      '`{"link","expires","uses"}`, the last two null where no invite is needed; with `--list` ' +
      '`{"invites":[{"key","usesLeft","expires","by":{"id","name"}}]}`; with `--revoke` ' +
      '`{"network","revoked"}`',
    load: async () => (await import('../verbs/invite.ts')).invite,
  },
  {
    usage: 'kick <network> <member>',
    summary: 'remove a member, who may join again',
    examples: ['parley kick lobby mallory', 'parley kick lobby 3'],
    json: '`{"network","member","kicked":true}`',
    load: async () => (await import('../verbs/roster.ts')).kick,
  },
  {
    usage: 'ban <network> <member>',
    summary: 'remove a member for good',
    examples: ['parley ban lobby mallory', 'parley ban lobby 6Fk2x'],
    json: '`{"network","member","banned":true}`',
    load: async () => (await import('../verbs/roster.ts')).ban,
  },
  {
    usage: 'unban <network> <member>',
    summary: 'let somebody who was banned join again',
    examples: ['parley unban lobby mallory'],
    json: '`{"network","member","banned":false}`',
    load: async () => (await import('../verbs/roster.ts')).unban,
  },
  {
    usage: 'role <network> <member> <role>',
    summary: 'make a member owner, admin or member',
    examples: ['parley role lobby bob admin', 'parley role lobby 2 member'],
    json: '`{"network","member","role"}`',
    load: async () => (await import('../verbs/roster.ts')).role,
  },
  {
    usage: 'rename <network> <name>',
    summary: 'give a network another name, for all of its members',
    examples: ['parley rename lobby "front hall"'],
    json: '`{"network","name"}`',
    load: async () => (await import('../verbs/roster.ts')).rename,
  },
  {
    usage: 'topic <network> [text...]',
    summary: 'say what a network is about; without a text, show it',
    examples: ['parley topic lobby', 'parley topic lobby maintenance on friday'],
    json: '`{"network","topic"}`',
    load: async () => (await import('../verbs/roster.ts')).topic,
  },
  {
    usage: 'export <network>',
    summary: 'print a whole history, with all that proves it',
    examples: [
      'parley export lobby > lobby.jsonl',
      'parley export lobby --format html > lobby.html',
      'parley export lobby --format text',
    ],
    options: [
      option('--format <format>', 'jsonl (default; the only one with proofs), text or html'),
    ],
    json: 'an entry on each line: `{"index","hash","sig","entry":[…]}`',
    load: async () => (await import('../verbs/export.ts')).exportHistory,
  },
  {
    usage: 'import <file>',
    summary: 'check a file that export printed, without a node; exit 6 if it was altered',
    examples: [
      'parley import --verify-only lobby.jsonl',
      'ssh archive cat lobby.jsonl | parley import --verify-only -',
    ],
    options: [option('--verify-only', 'check it, and take nothing in'), upTo],
    json: '`{"ok":true,"network":{"id","name"},"entries","messages","head","fingerprint"}`',
    load: async () => (await import('../verbs/export.ts')).importFile,
  },
  {
    usage: 'verify <network>',
    summary: 'check every entry, signature and index of a history; exit 6 names what is wrong',
    examples: [
      'parley verify lobby',
      'parley verify lobby --upto 4120   # a fingerprint to compare with others',
      'parley verify lobby --offline     # the files of a node that does not run',
    ],
    options: [upTo, option('--offline', 'check the data folder while no node runs'), timeoutOption],
    json: '`{"ok":true,"entries","messages","head","upTo","fingerprint"}`',
    load: async () => (await import('../verbs/verify.ts')).verify,
  },
  {
    usage: 'trace <message>',
    summary: 'show where a message is and when it was where, by its id or its position',
    examples: [
      'parley trace 01890a5d-ac96-774b-bcce-b302099a8057',
      "parley trace --network lobby '#17'",
    ],
    options: [option('--network <network>', 'where to look (default: everywhere)')],
    json:
      '`{"id","network","state","author":{"id","name"},"text","sentAt","position","clock",' +
      '"entry":{"term","seq","hash","index"},"sequencedBy","folded","storedBy","missing",' +
      '"way":[{"what","by","at","offsetMs","via"}]}`',
    load: async () => (await import('../verbs/verify.ts')).trace,
  },
  {
    usage: 'logs [folders...]',
    summary: 'show what nodes decided, several of them as one story; folders or files of logs',
    examples: [
      'parley logs',
      'parley logs /var/lib/parley/alice /var/lib/parley/bob --group lobby',
      'parley logs --follow --level warn',
      'parley logs a.log b.log --message 01890a5d --json',
    ],
    options: [
      option('-f, --follow', 'go on with what is written'),
      option('--group <network>', 'only what concerns this network'),
      option('--message <id>', 'only what concerns this message (at level debug it is all there)'),
      option('--node <name>', 'only what this node wrote'),
      option('--level <level>', 'debug, info, warn or error, and above'),
    ],
    json: 'the lines of the logs, in their order in the story',
    load: async () => (await import('../verbs/logs.ts')).logs,
  },
  {
    usage: 'lab [nodes]',
    summary: 'a cluster on this machine, to kill, pause, split and heal; exit 6 if a promise broke',
    examples: [
      'parley lab',
      'parley lab 5 --script              # the demonstration',
      'parley lab --script scenario.txt   # one of your own, as in examples/',
    ],
    options: [
      option('--script [file]', 'play a scenario, or the demonstration, and check it'),
      option('--timeout-ms <ms>', 'how long each expectation is waited for (default: 15000)'),
    ],
    json: '`{"told"}` on each line',
    load: async () => (await import('../verbs/lab.ts')).lab,
  },
  {
    usage: 'doctor',
    summary: 'look for what may be wrong: folders, room, ports, discovery, clocks, networks',
    examples: ['parley doctor', 'parley doctor --json'],
    json: '`{"ok","checks":[{"name","ok","detail","hint"}]}`; exit 1 if something is wrong',
    load: async () => (await import('../verbs/doctor.ts')).doctor,
  },
  {
    usage: 'config',
    summary: 'show the settings that commands with these flags would go by',
    examples: ['parley config', 'parley config --profile bob --json'],
    json: '`{"file","exists","settings":{…}}`',
    load: async () => (await import('../verbs/config.ts')).config,
  },
  {
    usage: 'completion <shell>',
    summary: 'print a completion script for bash, zsh or fish',
    examples: [
      'source <(parley completion bash)',
      'source <(parley completion zsh)',
      'parley completion fish | source',
    ],
    json: '`{"shell","script"}`',
    load: async () => (await import('../verbs/config.ts')).completion,
  },
]
