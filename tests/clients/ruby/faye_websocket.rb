# faye-websocket, on EventMachine.
require 'faye/websocket'

def say(line, data = '')
  $stdout.write("#{line}\n".b, data.b)
  $stdout.flush
end

files = ENV.fetch('WS_SEND', '').split
ping = ENV['WS_PING']
to_come = ENV.key?('WS_RECEIVE') ? ENV['WS_RECEIVE'].to_i + (ping ? 1 : 0) : Float::INFINITY
headers = ENV.fetch('WS_HEADERS', '').lines(chomp: true).to_h { |line| line.split(': ', 2) }
headers['Origin'] = ENV['WS_ORIGIN'] if ENV['WS_ORIGIN']

EM.run do
  socket = Faye::WebSocket::Client.new(
    ARGV[0], ENV.fetch('WS_PROTOCOLS', '').split(','),
    headers: headers, tls: ENV['WS_CA'] ? { root_cert_file: ENV['WS_CA'] } : {}
  )
  one_less = lambda do
    to_come -= 1
    socket.close(ENV['WS_CLOSE_CODE']&.to_i, ENV['WS_CLOSE_REASON']) if to_come <= 0
  end

  opened = false
  socket.on :open do
    opened = true
    say "open #{socket.protocol}"
    if ping
      socket.ping(ping) do
        say "pong #{ping}"
        one_less.call
      end
    end
    files.each do |file|
      data = File.binread(file)
      socket.send(file.end_with?('.txt') ? data.force_encoding('UTF-8') : data.bytes)
    end
  end
  socket.on :message do |event|
    text = event.data.is_a?(String)
    data = text ? event.data : event.data.pack('C*')
    say "#{text ? 'text' : 'binary'} #{data.bytesize}", data
    one_less.call
  end
  socket.on(:error) { |event| say "failed #{event.message}" }
  socket.on :close do |event|
    say(opened ? "closed #{event.code} - #{event.reason}" : "failed #{event.code} #{event.reason}")
    EM.stop
  end
end
