#!/usr/bin/env ruby
# trial: good; Ruby, a thread per client, IO.copy_stream
# fair: no_stall; TCP_NODELAY is not set
require 'socket'

port = Integer(ARGV.fetch(0) { abort "usage: #{$PROGRAM_NAME} PORT" }, 10, exception: false)
abort "bad port: #{ARGV[0]}" unless port&.between?(0, 65_535)

begin
  server = TCPServer.new('127.0.0.1', port)
  server.listen(128)
rescue SystemCallError => e
  abort "#{$PROGRAM_NAME}: #{e.message}"
end
trap('INT', 'SYSTEM_DEFAULT')
trap('TERM', 'SYSTEM_DEFAULT')

def echo(client)
  IO.copy_stream(client, client)
rescue SystemCallError, IOError
  # the client has gone
ensure
  client.close
end

loop do
  client = server.accept
  begin
    Thread.new(client) { |c| echo(c) }
  rescue ThreadError => e
    warn e.message
    client.close
  end
rescue Errno::ECONNABORTED
  next
rescue SystemCallError => e
  warn e.message
  sleep 0.1
end
