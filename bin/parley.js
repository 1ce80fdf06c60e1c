#!/usr/bin/env node
// Starts Parley on a Node that can run it. If the running one is too old, Parley goes on in the
// bundled Node: in this very process where that is possible (`process.execve`), else in a child.
//
// The child must look like this process from outside, so:
// - signals are passed on, and the way the child ended becomes the way this process ends;
// - if this process is killed outright, the child kills itself at once (the channel closes);
// - if this process is stopped (SIGSTOP), the child notices within 100 ms and waits until this one
//   goes on.
// A test harness that needs these to the millisecond starts the right Node directly and has no
// launcher in between, see scripts/node24.mjs.
//
// Old syntax on purpose: an old Node must be able to read this file to say what is wrong.
import { spawn } from 'child_process'
import { existsSync, readFileSync } from 'fs'
import module from 'module'
import { dirname, join } from 'path'
import { fileURLToPath, pathToFileURL } from 'url'

import { findNode, isRecentEnough, noNodeMessage } from '../scripts/node24.mjs'

const self = fileURLToPath(import.meta.url)
const dist = join(dirname(dirname(self)), 'dist')
const main = join(dist, 'cli', 'main.js')
const CHILD_MARK = 'PARLEY_LAUNCHED_BY'

function fail(message) {
  console.error(message)
  process.exitCode = 1
}

/** In the child: share the fate of the launcher. */
function followLauncher(launcher) {
  function die() {
    process.kill(process.pid, 'SIGKILL')
  }
  process.on('disconnect', die)
  process.channel.unref()
  if (process.platform !== 'linux') return

  const cell = new Int32Array(new SharedArrayBuffer(4))
  const watch = setInterval(function () {
    // Stopped means that nothing happens here either. A real SIGSTOP to ourselves would leave a
    // stopped process behind for good if the launcher were killed before it goes on.
    while (stateOf(launcher) === 'T') Atomics.wait(cell, 0, 0, 20)
    if (process.ppid !== launcher) die()
  }, 100)
  watch.unref()
}

/** The state letter of a process: the first field after its name, which is in parentheses. */
function stateOf(pid) {
  try {
    const stat = readFileSync('/proc/' + pid + '/stat', 'latin1')
    return stat.charAt(stat.lastIndexOf(')') + 2)
  } catch {
    return '' // Gone, or not for us to see.
  }
}

/** In the launcher: run Parley in a child and be its double. */
function launch(node) {
  const env = Object.assign({}, process.env)
  env[CHILD_MARK] = String(process.pid)
  const child = spawn(node, [self].concat(process.argv.slice(2)), {
    env: env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })

  function pass(signal) {
    child.kill(signal)
  }
  process.on('SIGTERM', pass)
  process.on('SIGHUP', pass)
  process.on('SIGINT', function () {
    // Ctrl-C in a terminal reaches the child too: passing it on would make it two.
    if (!process.stdin.isTTY) pass('SIGINT')
  })

  child.on('error', function (error) {
    fail('Parley cannot start the bundled Node (' + error.message + '). ' + noNodeMessage())
  })
  child.on('exit', function (code, signal) {
    if (signal === null) {
      process.exitCode = code
      return
    }
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** Turn this process into one of another Node, where the running one can do that. */
function become(node) {
  if (typeof process.execve !== 'function') return
  process.execve(node, [node, self].concat(process.argv.slice(2)), process.env)
}

function start() {
  if (!existsSync(main)) {
    fail('Parley is not built yet (' + main + ' is missing): run `npm run build` or `npm start`.')
    return
  }
  if (isRecentEnough(process.versions.node)) {
    const launcher = process.env[CHILD_MARK]
    delete process.env[CHILD_MARK]
    if (launcher !== undefined && process.channel) followLauncher(Number(launcher))
    // Compiled code is kept beside its source, as safe from others as that is; where it cannot be
    // written, starting takes a tenth of a second longer.
    if (module.enableCompileCache) module.enableCompileCache(join(dist, '.cache'))
    void import(pathToFileURL(main).href)
    return
  }
  const node = findNode()
  if (node === null) {
    fail(noNodeMessage())
    return
  }
  become(node)
  launch(node)
}

start()
