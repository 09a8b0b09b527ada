// trial: good; Node, data events with write, drain, pause and resume by hand
'use strict';
const net = require('node:net');

function serve(socket) {
  socket.on('data', (chunk) => {
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
  socket.on('end', () => socket.end());
  socket.on('error', () => {}); // 'close' follows by itself
}

const server = net.createServer({ allowHalfOpen: true, noDelay: true }, serve);
server.once('error', (err) => {
  console.error(`cannot listen: ${err.message}`);
  process.exitCode = 1;
});
// a bad port throws ERR_SOCKET_BAD_PORT here
server.listen({ port: process.argv[2] ?? NaN, host: '127.0.0.1' }, () => {
  server.removeAllListeners('error');
  server.on('error', (err) => console.error(`accept: ${err.message}`));
});
