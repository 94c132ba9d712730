'use strict';

/*
 * Loaded first by a Node that is not the one whose modules these are (`./gantry test --node 22`): nodegit alone is
 * compiled for one Node, so its binary is taken from the cache, where it lies beside the Node that runs this.
 */
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join } = require('node:path');

const { version } = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'node_modules', 'nodegit', 'package.json'), 'utf8'),
);

const cache = dirname(dirname(dirname(process.execPath)));
const folder = `nodegit-${version}-abi${process.versions.modules}-${process.arch}`;
const binary = join(cache, folder, 'nodegit.node');

const resolve = Module._resolveFilename;
Module._resolveFilename = function resolveFilename(request, ...rest) {
  const isNodegit = /build\/(Release|Debug)\/nodegit(\.node)?$/.test(request);
  return isNodegit && existsSync(binary) ? binary : resolve.call(this, request, ...rest);
};
