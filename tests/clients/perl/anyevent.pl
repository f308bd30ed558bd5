# AnyEvent::WebSocket::Client.
use strict;
use warnings;
use AnyEvent;
use AnyEvent::WebSocket::Client;
use AnyEvent::WebSocket::Message;
use lib '.';
use records;

my $ping = $ENV{WS_PING};
my $to_come = $ENV{WS_RECEIVE} // 'inf';
my $over = AE::cv;

my $client = AnyEvent::WebSocket::Client->new(
  max_payload_size => 16 * 1024 * 1024,
  http_headers => [headers_to_send(), defined $ENV{WS_ORIGIN} ? (Origin => $ENV{WS_ORIGIN}) : ()],
  defined $ENV{WS_PROTOCOLS} ? (subprotocol => [split /,/, $ENV{WS_PROTOCOLS}]) : (),
  defined $ENV{WS_CA} ? (ssl_ca_file => $ENV{WS_CA}) : (),
);

our $connection;
$client->connect($ARGV[0])->cb(sub {
  $connection = eval { shift->recv };
  if (!$connection) {
    say_record "failed $@";
    return $over->send;
  }
  say_record 'open ' . ($connection->subprotocol // '');
  $connection->on(each_message => sub {
    my ($connection, $message) = @_;
    my $bytes = $message->body;
    say_record(($message->is_text ? 'text ' : 'binary ') . length $bytes, $bytes);
    $connection->close($ENV{WS_CLOSE_CODE}, $ENV{WS_CLOSE_REASON}) if --$to_come <= 0;
  });
  $connection->on(parse_error => sub { say_record "failed $_[1]"; $over->send });
  $connection->on(finish => sub {
    my ($connection, $error) = @_;
    say_record "failed $error" if defined $error;
    say_record sprintf 'closed %s - %s', $connection->close_code // '-', $connection->close_reason // '';
    $over->send;
  });
  for (messages_to_send()) {
    my ($text, $bytes) = @$_;
    $connection->send(AnyEvent::WebSocket::Message->new(opcode => $text ? 1 : 2, body => $bytes));
  }
});
$over->recv;
