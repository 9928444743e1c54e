#!/usr/bin/env node
'use strict';
// `npx zest-sandbox …`: the program itself, with this process's input, output, signals and exit code.
const {spawn} = require('node:child_process');
const {constants} = require('node:os');
const {findProgram} = require('../program.js');

let program;
try {
  program = findProgram();
} catch (error) {
  console.error(`zest-sandbox: ${error.message}`);
  process.exit(2);
}
const child = spawn(program, process.argv.slice(2), {stdio: 'inherit'});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
  // A terminal sends its signals to both; what is sent to this process alone is passed on.
  process.on(signal, () => { if (!process.stdin.isTTY) child.kill(signal); });
}
child.on('error', (error) => {
  console.error(`zest-sandbox: ${program} cannot be run: ${error.message}`);
  process.exit(126);
});
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
