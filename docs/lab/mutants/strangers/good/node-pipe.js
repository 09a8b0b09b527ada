#!/usr/bin/env node
// trial: good; Node, socket.pipe(socket) with allowHalfOpen
'use strict';
const net = require('net');

const port = Number(process.argv[2]);
if (!/^\d+$/.test(process.argv[2] || '') || port > 65535) {
  console.error(`usage: ${process.argv[1]} PORT`);
  process.exit(2);
}

const server = net.createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});

server.on('error', (err) => {
  console.error(err.message);
  if (!server.listening) process.exit(1);
});

server.listen(port, '127.0.0.1');
