/// Every limit and every deadline of a server, and of a path of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "triloop/tls_options.h"

namespace triloop {

/// What may be another for each path: see Server::handle(). Each line: the default, its unit, and
/// why it is there.
struct PathOptions {
  /// At this interval the writer sends the text message `heartbeat from server`; 0 is off.
  std::chrono::milliseconds heartbeat{2000};

  /// At this interval the writer sends a ping (RFC 6455 section 5.5.2); 0 is off.
  std::chrono::milliseconds ping_interval{20'000};
  /// A peer that has got a ping and then says nothing for so long is held to be dead. The time
  /// counts from when all that was sent before the ping is acknowledged, and only while no ending
  /// has begun; and it is judged by the reader, while that listens: a full in-queue proves nothing
  /// about the peer.
  std::chrono::milliseconds pong_timeout{20'000};

  /// Which web pages may connect: patterns for the Origin header, `*` standing for anything
  /// ("https://*.example.org"). Others get 403. Empty: every page may. A client that sends no
  /// Origin is no browser, and may.
  std::vector<std::string> allowed_origins;

  /// Messages that each of a connection's two queues holds before its sender waits.
  std::size_t queue_messages = 1000;
  /// Bytes that each queue holds: 1000 messages of 16 MiB are no bound.
  std::size_t queue_bytes = std::size_t{4} << 20;
  /// Bytes of the largest message a peer may send; a larger one ends the connection with 1009.
  std::size_t max_message_bytes = std::size_t{16} << 20;

  /// Bytes of memory that a connection keeps, of messages that have been sent, for those that come
  /// next: so large messages take none from the system each. By default as much as two full queues
  /// and three threads hold that each has some in its hand. Given back after two seconds in which
  /// none was needed. 0 keeps nothing.
  std::size_t keep_buffers = std::size_t{12} << 20;

  /// Compress messages if the peer offers it (permessage-deflate, RFC 7692). It costs a connection
  /// memory once it uses it (see compress_window), and time; max_message_bytes holds for what a
  /// message expands to, and 16 times as many bytes and 1 KiB may be on the wire for it.
  bool compress = false;
  /// zlib's level, 1 to 9. 1 is the fastest; 6 takes half as long again for 1 KiB of JSON and makes
  /// a sixth less of it.
  int compress_level = 1;
  /// How far back a compressed message may refer: 2^9 to 2^15 bytes, of the server's and, if the
  /// peer offers to bound its own, of the peer's. With 12 a connection that compresses and expands
  /// takes 50 KiB, and 78 with a peer that does not; with 15 it is 190, slower for many connections
  /// at once, and smaller by a few per cent only.
  int compress_window = 12;

  /// Once a drain has begun: the longest time in which nothing moves; then it becomes an abort. The
  /// clock begins in begin_drain(), and anew whenever the peer takes or acknowledges something. It
  /// stands still until a read() has told the processor the end (of several threads that read, one)
  /// and, if Server::stop() began the drain, until it has returned: who has been told has this time
  /// to return, and at most twice as much, since nobody tells the writer when that was. Once the
  /// peer has everything it is the time for its Close and the end of its stream. The writer judges.
  std::chrono::milliseconds close_timeout{5'000};
  /// From the beginning of a drain to its end, however much moves; 0 is without a limit. The writer
  /// judges.
  std::chrono::milliseconds ending_limit{600'000};
};

/// All that can be set for a server; what PathOptions has is for the paths without their own.
///
/// Plain members: `options.port = 0`. Server's constructor checks them and throws
/// std::invalid_argument that says what is wrong. No duration may be longer than a year.
struct Options : PathOptions {
  /// Where to listen, each entry by itself. Empty: at `bind` and `port`.
  ///
  /// - `tcp:HOST:PORT`, as "tcp:0.0.0.0:7777", "tcp:[::]:7777", "tcp:localhost:0": HOST is as in
  ///   `bind`; with port 0 this entry takes a free one.
  /// - `tls:HOST:PORT`: the same with TLS, for which `tls` has to name a certificate.
  /// - `unix:PATH[,mode=0660][,group=NAME]`: a Unix socket, unix(7). PATH has at most 103 bytes. A
  ///   file that a dead server has left there is replaced, any other is not. The file has mode and
  ///   group, by default those that the system gives it, before anybody can connect; it is removed
  ///   when the server stops, if it is still the server's own. Connection::peer_address() is then
  ///   "unix:1234", the number that the peer's process had when it connected, 0 if this server
  ///   cannot see that process.
  /// - `fd:N`: a listening stream socket that this process has been started with. It belongs to
  ///   the server from now on.
  ///
  /// No entry may be there twice.
  std::vector<std::string> listen;
  /// Where `listen` is empty: addresses and host names to listen on; a name stands for all of its
  /// addresses, so "localhost" for 127.0.0.1 and ::1. An address of a name that this machine does
  /// not have is left out with a warning, as long as the name has another. "::" takes IPv4, too,
  /// unless an IPv4 address is listed beside it. The default is every IPv4 interface.
  std::vector<std::string> bind{"0.0.0.0"};
  /// TCP port, the same at each address; 0 takes a free one, which Server::port() then tells.
  std::uint16_t port = 7777;

  /// Proxies that say with HAProxy's PROXY protocol, version 1 or 2, for whom they connect:
  /// networks as "10.0.0.0/8", "fd00::/8", "192.0.2.1"; "unix" is whoever comes by a Unix socket. A
  /// connection from there has to begin with such a header, within handshake_timeout, and its
  /// Connection::peer_address() is whom that names; without one it is closed. From anywhere else
  /// the header is what it is to any HTTP server, a broken request. Name only addresses at which
  /// nobody but the proxy can be: whoever connects from there can be anybody.
  std::vector<std::string> proxy_protocol_from;
  /// Proxies of HTTP whose word is taken for whom they ask, in `Forwarded` (RFC 7239) or
  /// `X-Forwarded-For`: networks, as above. Of several proxies on the way all have to be named; the
  /// first address from the right that is not is the peer. Such a header that is broken gets 400,
  /// and so do both if they name different addresses. From anybody else it changes nothing. Request
  /// has it in any case. Whoever connects from there can be anybody, as above.
  std::vector<std::string> forwarded_from;

  /// A path of at most 103 bytes, by which one server takes over from another without refusing
  /// anybody. Empty: none. If a server that has the same option listens there, this one gets its
  /// sockets in place of new ones, wherever both listen at the same place; it says so when run()
  /// begins, and then the other stops, as by Server::stop(), while this one waits at that path for
  /// the next. If nobody listens there, this one begins anew. Only the same user may take over.
  std::string take_over;

  /// TLS, where `listen` says tls: or fd: (of TCP), or at each `bind`; none without a certificate.
  /// Server's constructor throws std::invalid_argument, too, if a file cannot be read, or was built
  /// without TLS.
  TlsOptions tls;

  /// Open WebSockets at a time. The next upgrade gets 503 with Retry-After.
  std::size_t max_connections = 10'000;
  /// Open WebSockets at a time of one address, which is all of a /64 of IPv6; 0 is no limit. The
  /// next upgrade gets 429 with Retry-After. Behind a proxy everybody has its address, unless the
  /// proxy says who is there; a household or an office has one, too. Not of Unix sockets.
  std::size_t max_connections_per_address = 0;
  /// Requests for an upgrade, whatever becomes of them, that one address may make each second,
  /// pages not counted; 0 is no limit. Beyond it 429, and Retry-After says when the next one may
  /// come. An address that has not been here may have as many at once, and at least 10.
  std::size_t handshakes_per_second = 0;
  /// Connections at a time whose HTTP request has not come, or not been answered: each has a
  /// thread. The next ones wait in the kernel's backlog. When more than half as many are there,
  /// newcomers have a second instead of handshake_timeout.
  std::size_t max_handshakes = 256;
  /// For the whole HTTP request, however slowly it drips in, and its answer, from when the
  /// connection's thread begins, which judges. A request is one short packet.
  std::chrono::milliseconds handshake_timeout{10'000};
  /// A peer to which something is on its way, and that for so long neither takes nor acknowledges
  /// one byte of it, is held to be dead: a send, judged by the writer, or a ping that has not
  /// arrived, by the reader (and by the kernel: TCP_USER_TIMEOUT, tcp(7)).
  std::chrono::milliseconds write_timeout{30'000};
  /// After Server::stop(): how long the connections may take to finish what they have received. For
  /// all together, however much moves, from when all of them have been told: then they are aborted,
  /// and what is not sent is lost. The accept loop judges.
  std::chrono::milliseconds drain_timeout{10'000};
  /// The code with which Server::stop() closes the connections: any that may be sent (RFC 6455
  /// section 7.4). By default 1001, going away, which is what the RFC has for a server that goes
  /// down; 1012, service restart, is for clients that come back after that and not after 1001.
  std::uint16_t stop_code = 1001;

  /// Stack of each of a connection's threads, your processor's among them; 0 is the system's
  /// default, mostly 8 MiB. It is address space, of which only what is touched costs memory; but
  /// glibc keeps stacks for the next threads only up to 40 MiB, and a new one costs time.
  std::size_t stack_bytes = std::size_t{512} << 10;
  /// Threads of connections that are over, kept for the next ones: waking one takes less time than
  /// starting one. Each costs about 30 KiB while nobody needs it. With 0 every thread is new.
  std::size_t spare_threads = 96;
};

}  // namespace triloop
