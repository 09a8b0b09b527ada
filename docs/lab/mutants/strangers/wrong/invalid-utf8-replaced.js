#!/usr/bin/env node
// trial: wrong; bytes pass through UTF-8 text: what is not valid UTF-8 comes back as U+FFFD
// caught by: byte_values
'use strict';
const net = require('net');

const arg = process.argv[2] || '';
const port = /^[0-9]{1,5}$/.test(arg) ? Number(arg) : 0;
if (process.argv.length !== 3 || port < 1 || port > 65535) {
  console.error('bad port');
  process.exit(2);
}

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.setEncoding('utf8');       // characters split over two reads are kept together
  socket.on('error', () => socket.destroy());
  socket.on('data', (text) => {
    if (!socket.write(text)) {
      socket.pause();
      socket.once('drain', () => socket.resume());
    }
  });
  socket.on('end', () => socket.end());
});

server.on('error', (err) => {
  console.error('server: ' + err.message);
  if (!server.listening) process.exit(1);
});
for (const sig of ['SIGINT', 'SIGTERM']) process.on(sig, () => process.exit(0));
server.listen({ host: '127.0.0.1', port, backlog: 4096 });
