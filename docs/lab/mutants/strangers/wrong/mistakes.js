// Echo servers with one mistake: node mistakes.js MISTAKE PORT
// trial: wrong end_destroys; at the end of the stream, what is still to be sent is thrown away; caught by: half_close_owed
// trial: wrong no_backpressure; what is written is never waited for; caught by: never_reads
// trial: wrong last_error; an error of one client ends the server; caught by: reset_after_data
// trial: wrong keeps_clients; each client is kept in a list for ever; caught by: come_and_go
const net = require('net');
const [mistake, text] = process.argv.slice(2);
const port = Number(text);
const all = [];
const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  if (mistake === 'keeps_clients') all.push({ client, since: Buffer.alloc(65536, 1) });
  if (mistake !== 'last_error') client.on('error', () => client.destroy());
  client.on('data', (data) => {
    if (!client.write(data) && mistake !== 'no_backpressure') {
      client.pause();
      client.once('drain', () => client.resume());
    }
  });
  client.on('end', () => (mistake === 'end_destroys' ? client.destroy() : client.end()));
});
server.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.listen(port, '127.0.0.1', 1024);
