# What the programs of this folder share: how they say something, and what they are told to send.
package records;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(say_record messages_to_send headers_to_send);

$| = 1;
binmode STDOUT;

sub say_record {
  my ($line, $bytes) = @_;
  print $line, "\n", $bytes // '';
}

# Each is [whether it is text, its bytes].
sub messages_to_send {
  return map {
    open my $file, '<:raw', $_ or die "$_: $!";
    local $/;
    [/\.txt$/ ? 1 : 0, scalar(<$file>) // ''];
  } split / /, $ENV{WS_SEND} // '';
}

sub headers_to_send {
  return map { split /: /, $_, 2 } split /\n/, $ENV{WS_HEADERS} // '';
}

1;
