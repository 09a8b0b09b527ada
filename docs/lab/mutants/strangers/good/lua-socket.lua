#!/usr/bin/env lua5.4
-- trial: good; Lua with luasocket, one select loop, one small buffer per client
-- fair: no_stall ten_thousand crowd idle_10000; TCP_NODELAY is not set; select ends at 1,024
local socket = require("socket")

local arg1 = arg[1] or ""
local port = arg1:match("^%d+$") and tonumber(arg1)
if not port or port > 65535 then
  io.stderr:write("usage: ", arg[0], " PORT\n")
  os.exit(2)
end

local server, err = socket.bind("127.0.0.1", port, 128)
if not server then
  io.stderr:write(arg[0], ": ", err, "\n")
  os.exit(1)
end
server:settimeout(0)

local owed = {}          -- client -> what is still to be sent to it, or false
local paused = false     -- no accepting: out of descriptors

local function drop(client)
  owed[client] = nil
  client:close()
end

local function flush(client, data)
  local sent, e, last = client:send(data)
  if sent then
    owed[client] = false
  elseif e == "timeout" then
    owed[client] = data:sub(last + 1)
  else
    drop(client)
  end
end

local function accept()
  local client, e = server:accept()
  if client then
    if client:getfd() >= socket._SETSIZE then
      client:close()     -- select(2) has no room for it
    else
      client:settimeout(0)
      owed[client] = false
    end
  elseif e ~= "timeout" then
    paused = true
  end
end

while true do
  local readers, writers = {}, {}
  if not paused then readers[1] = server end
  for client, data in pairs(owed) do
    local set = data and writers or readers
    set[#set + 1] = client
  end
  -- luasocket goes on waiting after a signal, and lua acts on SIGINT only in between
  local r, w = socket.select(readers, writers, paused and 0.2 or 1)
  paused = false
  for _, client in ipairs(w) do flush(client, owed[client]) end
  for _, sock in ipairs(r) do
    if sock == server then
      accept()
    else
      local data, e, part = sock:receive(8192)
      data = data or part
      if data ~= "" then flush(sock, data) end
      if e and e ~= "timeout" and not owed[sock] and owed[sock] ~= nil then drop(sock) end
    end
  end
end
