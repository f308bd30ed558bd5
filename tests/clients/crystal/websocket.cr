# Crystal's HTTP::WebSocket.
require "http/web_socket"

def say(line, data : Bytes = Bytes.empty)
  STDOUT << line << '\n'
  STDOUT.write data
  STDOUT.flush
end

headers = HTTP::Headers.new
ENV.fetch("WS_HEADERS", "").each_line do |line|
  name, value = line.split(": ", 2)
  headers[name] = value
end
ENV["WS_ORIGIN"]?.try { |origin| headers["Origin"] = origin }

uri = URI.parse(ARGV[0])
tls = nil
if uri.scheme == "wss"
  tls = OpenSSL::SSL::Context::Client.new
  ENV["WS_CA"]?.try { |file| tls.not_nil!.ca_certificates = file }
end

begin
  socket = HTTP::WebSocket.new(uri.host.not_nil!, uri.request_target, uri.port, tls, headers)
rescue error
  say "failed #{error.message}"
  exit
end
say "open "

to_come = ENV["WS_RECEIVE"]?.try { |count| count.to_i + (ENV["WS_PING"]? ? 1 : 0) } || Int32::MAX
one_less = -> do
  to_come -= 1
  socket.close(ENV["WS_CLOSE_CODE"]?.try(&.to_i), ENV["WS_CLOSE_REASON"]?) if to_come <= 0
end
socket.on_message do |text|
  say "text #{text.bytesize}", text.to_slice
  one_less.call
end
socket.on_binary do |data|
  say "binary #{data.size}", data
  one_less.call
end
socket.on_pong do |payload|
  say "pong #{payload}"
  one_less.call
end
socket.on_close { |code, reason| say "closed #{code.value} - #{reason}" }

spawn do
  ENV["WS_PING"]?.try { |payload| socket.ping(payload) }
  ENV.fetch("WS_SEND", "").split.each do |file|
    text, data = file.ends_with?(".txt"), File.read(file)
    if size = ENV["WS_FRAGMENT"]?
      socket.stream(binary: !text, frame_size: size.to_i) { |io| io.write data.to_slice }
    else
      socket.send(text ? data : data.to_slice)
    end
  end
rescue IO::Error # it is closed
end
socket.run
