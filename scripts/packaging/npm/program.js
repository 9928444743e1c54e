'use strict';
// Where the program is: in the package for this platform, which npm installs as an optional dependency.
const {version} = require('./package.json');

exports.findProgram = function findProgram(platform = process.platform, arch = process.arch) {
  if (process.env.ZEST_SANDBOX_BINARY) return process.env.ZEST_SANDBOX_BINARY;
  const name = `zest-sandbox-${platform}-${arch}`;
  try {
    return require.resolve(`${name}/bin/zest-sandbox`);
  } catch {
    const reason = platform === 'linux' ?
      `the package ${name} is not installed (npm left out optional dependencies, or there is none for this processor)` :
      `there is no zest-sandbox program for ${platform}-${arch}`;
    throw new Error(`${reason}; run the container instead, docker run --rm -p 8080:8080 zest-sandbox:${version}, and ` +
        'connectSandbox({url: "http://127.0.0.1:8080", adminToken}), or say with ZEST_SANDBOX_BINARY where one is');
  }
};
