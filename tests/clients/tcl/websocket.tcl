# Tcllib's websocket.
package require http
package require tls
package require websocket

proc told {name {otherwise ""}} {
  if {[info exists ::env(WS_$name)]} {return $::env(WS_$name)}
  return $otherwise
}

proc say {line {bytes ""}} {
  puts -nonewline "[encoding convertto utf-8 $line]\n$bytes"
  flush stdout
}

# One message in each turn of the event loop, so that it reads between them: its socket is a blocking one.
proc send_files {socket files} {
  if {[llength $files] == 0} return
  set rest [lassign $files file]
  set channel [open $file rb]
  set data [read $channel]
  close $channel
  if {[file extension $file] eq ".txt"} {
    send_message $socket text [encoding convertfrom utf-8 $data]
  } else {
    send_message $socket binary $data
  }
  after 0 [list send_files $socket $rest]
}

proc send_message {socket type data} {
  set size [expr {[told FRAGMENT 0] / 4}]; # a character is at most four bytes
  while {$size > 0 && [string length $data] > $size} {
    websocket::send $socket $type [string range $data 0 $size-1] false
    set data [string range $data $size end]
  }
  websocket::send $socket $type $data
}

proc heard {socket line {bytes ""}} {
  say $line $bytes
  if {[incr ::to_come -1] == 0} {websocket::close $socket [told CLOSE_CODE] [told CLOSE_REASON]}
}

proc handle {socket event data} {
  switch $event {
    connect {
      say "open $data"
      if {[told PING] ne ""} {websocket::send $socket ping [told PING]}
      send_files $socket [split [told SEND]]
    }
    text {
      set bytes [encoding convertto utf-8 $data]
      heard $socket "text [string length $bytes]" $bytes
    }
    binary {heard $socket "binary [string length $data]" $data}
    pong {heard $socket "pong $data"}
    close {say "closed [expr {[llength $data] ? [lindex $data 0] : "-"}] - [lindex $data 1]"}
    error - timeout {say "failed $data"; exit}
    disconnect exit
  }
}

fconfigure stdout -translation binary
set to_come [expr {[told RECEIVE -1] + ([told PING] ne "")}]
set trusted [expr {[told CA] eq "" ? {-cadir /etc/ssl/certs} : [list -cafile [told CA]]}]
http::register https 443 [list tls::socket -autoservername true -require true {*}$trusted]
set headers {}
foreach line [split [told HEADERS] "\n"] {
  if {[regexp {^(.*?): (.*)$} $line -> name value]} {lappend headers $name $value}
}
if {[told ORIGIN] ne ""} {lappend headers Origin [told ORIGIN]}
if {[catch {websocket::open [lindex $argv 0] handle -headers $headers -protocol [split [told PROTOCOLS] ,]} error]} {
  say "failed $error"
  exit
}
vwait forever
