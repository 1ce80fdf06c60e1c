/**
 * Every error that Parley names, in one table: what it is called, its JSON-RPC number, the exit
 * code of a command that ends with it, what it says and what to do about it.
 *
 * `docs/reference/errors.md` is written from this table (`errors-doc.ts`). Names and numbers are
 * frozen: scripts rely on them. New rows go to the end, with the next free number.
 */

/** What a command's exit code means, for the whole program. */
export const EXIT_CODES = {
  ok: 0,
  error: 1,
  usage: 2,
  unreachable: 3,
  timeout: 4,
  refused: 5,
  verification: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]

export interface ErrorRow {
  /** The number in a JSON-RPC error object. */
  readonly rpc: number
  readonly exit: ExitCode
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly transient: boolean
  readonly message: string
  readonly hint: string
}

const row = (
  rpc: number,
  exit: keyof typeof EXIT_CODES,
  transient: boolean,
  message: string,
  hint: string,
): ErrorRow => ({ rpc, exit: EXIT_CODES[exit], transient, message, hint })

export const ERRORS = {
  // From the JSON-RPC 2.0 specification, section 5.1, in the specification's own words.
  PARSE_ERROR: row(-32700, 'error', false, 'Parse error', 'Send one JSON text in UTF-8.'),
  INVALID_REQUEST: row(
    -32600,
    'error',
    false,
    'Invalid Request',
    'A call has "jsonrpc": "2.0", a "method", and optionally "params" and "id".',
  ),
  METHOD_NOT_FOUND: row(
    -32601,
    'error',
    false,
    'Method not found',
    'Call rpc.discover for the methods that are served here.',
  ),
  INVALID_PARAMS: row(
    -32602,
    'usage',
    false,
    'Invalid params',
    'Call rpc.discover for what the method takes.',
  ),
  INTERNAL: row(
    -32603,
    'error',
    false,
    'Internal error',
    'This is a fault in Parley: its log has the details.',
  ),
  // Parley's own.
  REFUSED: row(-32000, 'refused', false, 'Refused', 'Ask an owner or admin of the group.'),
  UNAUTHORIZED: row(
    -32001,
    'refused',
    false,
    'Not authorized',
    'Use the same data folder, as the same user, as the running node.',
  ),
  BANNED: row(
    -32002,
    'refused',
    false,
    'You are banned from this group',
    'Ask an owner or admin of the group to lift the ban.',
  ),
  NOT_A_MEMBER: row(
    -32003,
    'refused',
    false,
    'Not a member of this group',
    'Join the group first, or ask for an invite.',
  ),
  NETWORK_NOT_FOUND: row(
    -32004,
    'error',
    false,
    'No such network',
    'List the known ones with: parley networks',
  ),
  NAME_TAKEN: row(
    -32005,
    'refused',
    false,
    'Another group holds this name',
    'Choose another name, or join the group that has it.',
  ),
  ALREADY_JOINED: row(
    -32006,
    'refused',
    false,
    'Already a member of this network',
    'Nothing to do: read it with parley history, write with parley send.',
  ),
  NO_LEADER: row(
    -32007,
    'unreachable',
    true,
    'No leader can be reached now',
    'Wait for the election: what was sent meanwhile is kept and goes out by itself.',
  ),
  NOT_LEADER: row(
    -32008,
    'error',
    true,
    'Another member leads this group',
    'Repeat the call with the leader that the error names.',
  ),
  RATE_LIMITED: row(
    -32009,
    'refused',
    true,
    'Too many requests',
    'Wait as long as the error says, then go on more slowly.',
  ),
  TOO_LARGE: row(
    -32010,
    'refused',
    false,
    'Too large',
    'A message body holds up to 64 KiB, a request 1 MiB, a batch 64 calls.',
  ),
  BUSY: row(-32011, 'error', true, 'Too much to do at the moment', 'Repeat the call in a moment.'),
  TIMEOUT: row(
    -32012,
    'timeout',
    true,
    'No answer in time',
    'It may still have had its effect: look before you repeat it.',
  ),
  UNREACHABLE: row(
    -32013,
    'unreachable',
    true,
    'Nobody answers there',
    'Check the address, that the program runs, and the firewall between.',
  ),
  BAD_ANSWER: row(
    -32014,
    'unreachable',
    false,
    'The answer was not one of Parley',
    'Check the address and port: another program may listen there.',
  ),
  VERSION_MISMATCH: row(
    -32015,
    'refused',
    false,
    'The versions do not fit together',
    'Install the newer version of Parley on both sides.',
  ),
  BAD_LEASE: row(
    -32016,
    'refused',
    false,
    'This lease does not hold',
    'A newer lease or a wrong signature stands against it: register again.',
  ),
  STORAGE_FULL: row(
    -32017,
    'error',
    true,
    'The disk is full',
    'Make room on the disk of the data folder; Parley goes on by itself.',
  ),
  STORAGE_UNWRITABLE: row(
    -32018,
    'error',
    false,
    'The data folder cannot be written',
    'Check its owner and permissions, or choose another with --data-dir.',
  ),
  STORAGE_CORRUPT: row(
    -32019,
    'error',
    false,
    'The stored data is damaged',
    'Nothing: the file is set aside, and what others hold is fetched from them. See parley doctor.',
  ),
  ADDRESS_IN_USE: row(
    -32020,
    'error',
    false,
    'Another program listens on this address',
    'Choose another port with --listen; port 0 takes a free one.',
  ),
  ADDRESS_UNAVAILABLE: row(
    -32021,
    'error',
    false,
    'Cannot listen on this address',
    'Use an address of this machine, and a port from 1024 up unless you are root.',
  ),
  USAGE: row(-32022, 'usage', false, 'Wrong usage', 'See --help.'),
  NO_NODE: row(
    -32023,
    'unreachable',
    false,
    'No node is running for this data folder',
    'Start one with: parley run',
  ),
  VERIFICATION_FAILED: row(
    -32024,
    'verification',
    false,
    'The history does not verify',
    'The error names the first bad entry; do not trust what follows it.',
  ),
  STORAGE_BUSY: row(
    -32025,
    'error',
    false,
    'Another process uses this data folder',
    'Stop it, or choose another folder with --data-dir.',
  ),
  STORAGE_NEWER: row(
    -32026,
    'error',
    false,
    'A newer version of Parley wrote this data',
    'Install the newer version, or choose another folder with --data-dir.',
  ),
  INTERRUPTED: row(-32027, 'interrupted', false, 'Interrupted', 'Start it again when you like.'),
  WRONG_KEY: row(
    -32028,
    'refused',
    false,
    'Another key answers at this address',
    'Ask whoever runs it, by another way, whether the key was changed; trust nothing before.',
  ),
  TLS_REQUIRED: row(
    -32029,
    'refused',
    false,
    'Only TLS 1.3 is spoken on this port',
    'Write https:// instead of http://; curl needs -k, since keys stand here for themselves.',
  ),
  OUTCOME_UNKNOWN: row(
    -32032,
    'refused',
    false,
    'Nobody can say whether this message was taken',
    'Ask a member whether it is there before you write it again.',
  ),
  PASSPHRASE_NEEDED: row(
    -32030,
    'refused',
    false,
    'The key of this node is locked',
    'Name a file with the passphrase in PARLEY_PASSPHRASE_FILE, or start it in a terminal.',
  ),
  PASSPHRASE_WRONG: row(
    -32031,
    'refused',
    false,
    'This passphrase does not open the key',
    'Try again. Nothing else opens it: a lost passphrase is a lost key.',
  ),
  UNAVAILABLE: row(
    -32033,
    'unreachable',
    true,
    'The service cannot reach its storage now',
    'Nothing: it goes on by itself when its storage is back. Chat does not need it.',
  ),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

export interface ErrorExtras {
  /** What to do, where the table's words can be bettered. */
  readonly hint?: string | undefined
  /** Facts for programs, JSON only: for NOT_LEADER the leader, for RATE_LIMITED `retryMs`. */
  readonly data?: Readonly<Record<string, unknown>> | undefined
  /** What brought it about; for the log, never sent to anybody. */
  readonly cause?: unknown
}

/** One of the world's faults, with a name that a script can rely on and words that a person can. */
export class ParleyError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly data: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, message?: string, extras: ErrorExtras = {}) {
    super(
      message ?? ERRORS[code].message,
      extras.cause === undefined ? undefined : { cause: extras.cause },
    )
    this.name = 'ParleyError'
    this.code = code
    this.hint = extras.hint ?? ERRORS[code].hint
    this.data = extras.data
  }

  get rpc(): number {
    return ERRORS[this.code].rpc
  }

  get exit(): ExitCode {
    return ERRORS[this.code].exit
  }

  get transient(): boolean {
    return ERRORS[this.code].transient
  }

  /** What goes into `{"error": …}` on a command's stderr. */
  toJSON(): Record<string, unknown> {
    const { code, message, hint, data } = this
    return { code, message, hint, ...(data === undefined ? {} : { data }) }
  }
}

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(ERRORS, value)

const codesByNumber = new Map<number, ErrorCode>(
  Object.entries(ERRORS).flatMap(([code, { rpc }]) => (isErrorCode(code) ? [[rpc, code]] : [])),
)

/** The name of a JSON-RPC error number, or null if it is none of ours. */
export const codeOfNumber = (rpc: number): ErrorCode | null => codesByNumber.get(rpc) ?? null
