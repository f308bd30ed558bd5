-- lua-http: http.websocket, on cqueues.
local cqueues = require "cqueues"
local http_tls = require "http.tls"
local websocket = require "http.websocket"
local x509 = require "openssl.x509"
local x509_store = require "openssl.x509.store"

local function say(line, data)
  io.stdout:write(line, "\n", data or "")
  io.stdout:flush()
end

local function split(variable, pattern)
  local list = {}
  for part in (os.getenv(variable) or ""):gmatch(pattern) do list[#list + 1] = part end
  return list
end

local function read(name)
  local file = assert(io.open(name, "rb"))
  local data = file:read "*a"
  file:close()
  return data
end

local protocols = split("WS_PROTOCOLS", "[^,]+")
local ws = websocket.new_from_uri(arg[1], protocols[1] and protocols)
for _, line in ipairs(split("WS_HEADERS", "[^\n]+")) do
  local name, value = line:match "^(.-): (.*)$"
  ws.request.headers:append(name:lower(), value)
end
if os.getenv "WS_ORIGIN" then ws.request.headers:append("origin", os.getenv "WS_ORIGIN") end
if os.getenv "WS_CA" then
  ws.request.ctx = http_tls.new_client_context()
  ws.request.ctx:setStore(x509_store.new():add(x509.new(read(os.getenv "WS_CA"))))
end

local function send(data, opcode)
  local size = tonumber(os.getenv "WS_FRAGMENT")
  if not size then return ws:send(data, opcode) end
  for at = 1, math.max(#data, 1), size do
    local last = at + size > #data
    ws:send_frame { FIN = last, MASK = true, opcode = at == 1 and opcode or 0, data = data:sub(at, at + size - 1) }
  end
  return true
end

local function send_all()
  for _, name in ipairs(split("WS_SEND", "%S+")) do
    if not send(read(name), name:match "%.txt$" and 0x1 or 0x2) then return end -- it is closed
  end
end

local loop = cqueues.new()
loop:wrap(function()
  local opened, why = ws:connect()
  if not opened then return say("failed " .. tostring(why)) end
  say("open " .. (ws.protocol or ""))
  loop:wrap(send_all)
  for _ = 1, tonumber(os.getenv "WS_RECEIVE") or math.huge do
    local data, kind = ws:receive()
    if not data then break end
    say(kind .. " " .. #data, data)
  end
  ws:close(tonumber(os.getenv "WS_CLOSE_CODE"), os.getenv "WS_CLOSE_REASON")
  say(("closed %s - %s"):format(ws.got_close_code or "-", ws.got_close_message or ""))
end)
local ran, why = loop:loop()
if not ran then say("failed " .. tostring(why)) end
