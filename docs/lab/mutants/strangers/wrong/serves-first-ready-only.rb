#!/usr/bin/env ruby
# trial: wrong; of all that are ready only the first is served: busy early clients starve later
# caught by: flooder
require 'socket'

CHUNK = 65_536
port = ARGV.size == 1 && ARGV[0] =~ /\A[0-9]{1,5}\z/ ? ARGV[0].to_i : 0
unless (1..65_535).cover?(port)
  warn 'bad port'
  exit 2
end
trap('INT', 'SYSTEM_DEFAULT')
trap('TERM', 'SYSTEM_DEFAULT')

begin
  server = TCPServer.new('127.0.0.1', port)
  server.listen(4096)
rescue SystemCallError => e
  warn "port: #{e.message}"
  exit 1
end

readers = [server]
owed = {}       # client => bytes not yet sent

def take(server, readers)
  client = server.accept_nonblock(exception: false)
  return if client == :wait_readable
  readers << client
end

starved = false
loop do
  watch = starved ? readers - [server] : readers
  r, w = IO.select(watch, owed.keys, nil, starved ? 0.1 : nil)
  starved = false
  next unless r

  io = (r + w).first
  begin
    if io.equal?(server)
      take(server, readers)
      next
    end
    if owed.key?(io)
      data = owed[io]
    else
      data = io.read_nonblock(CHUNK, exception: false)
      next if data == :wait_readable
      raise EOFError if data.nil?
    end
    n = io.write_nonblock(data, exception: false)
    rest = n == :wait_writable ? data : data.byteslice(n..)
    if rest.empty?
      readers << io if owed.delete(io)
    else
      readers.delete(io) unless owed.key?(io)
      owed[io] = rest
    end
  rescue Errno::EMFILE, Errno::ENFILE, Errno::ENOBUFS, Errno::ENOMEM
    starved = true
  rescue Errno::ECONNABORTED
    next
  rescue SystemCallError, IOError
    readers.delete(io)
    owed.delete(io)
    io.close
  end
end
