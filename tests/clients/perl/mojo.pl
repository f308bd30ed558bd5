# Mojolicious: Mojo::UserAgent.
use Mojo::Base -strict, -signatures;
use Mojo::IOLoop;
use Mojo::UserAgent;
use Mojo::WebSocket qw(WS_BINARY WS_CONTINUATION WS_PING WS_PONG WS_TEXT);
use lib '.';
use records;

my ($ping, $fragment) = @ENV{qw(WS_PING WS_FRAGMENT)};
my $to_come = defined $ENV{WS_RECEIVE} ? $ENV{WS_RECEIVE} + (defined $ping ? 1 : 0) : 'inf';

my $ua = Mojo::UserAgent->new;
$ua->inactivity_timeout(0)->ca($ENV{WS_CA});

my %headers = headers_to_send();
$headers{Origin} = $ENV{WS_ORIGIN} if $ENV{WS_ORIGIN};
$headers{'Sec-WebSocket-Extensions'} = 'permessage-deflate' if $ENV{WS_COMPRESS};

sub one_less ($tx) {
  return if --$to_come > 0;
  $tx->finish(grep {defined} @ENV{qw(WS_CLOSE_CODE WS_CLOSE_REASON)});
}

sub send_in_fragments ($tx, $op, $bytes) {
  do {
    my $part = substr $bytes, 0, $fragment, '';
    $tx->send([length $bytes ? 0 : 1, 0, 0, 0, $op, $part]);
    $op = WS_CONTINUATION;
  } while length $bytes;
}

$ua->websocket($ARGV[0] => \%headers => [split /,/, $ENV{WS_PROTOCOLS} // ''] => sub ($ua, $tx) {
  if (!$tx->is_websocket) {
    my $error = $tx->error // {code => $tx->res->code, message => $tx->res->message};
    return say_record join ' ', 'failed', grep {defined} @$error{qw(code message)};
  }
  $tx->max_websocket_size(16 * 1024 * 1024);
  say_record 'open ' . ($tx->protocol // '');
  $tx->on(text => sub ($tx, $bytes) { say_record 'text ' . length $bytes, $bytes; one_less($tx) });
  $tx->on(binary => sub ($tx, $bytes) { say_record 'binary ' . length $bytes, $bytes; one_less($tx) });
  $tx->on(frame => sub ($tx, $frame) {
    if ($frame->[4] == WS_PONG) { say_record "pong $frame->[5]"; one_less($tx) }
  });
  $tx->on(finish => sub ($tx, $code, $reason) { say_record "closed $code - " . ($reason // '') });
  $tx->send([1, 0, 0, 0, WS_PING, $ping]) if defined $ping;
  for (messages_to_send()) {
    my ($text, $bytes) = @$_;
    if ($fragment) { send_in_fragments($tx, $text ? WS_TEXT : WS_BINARY, $bytes) }
    else { $tx->send({($text ? 'text' : 'binary') => $bytes}) }
  }
});
Mojo::IOLoop->start; # until there is nothing left to wait for
