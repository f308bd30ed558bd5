// The JDK's own client: java.net.http.WebSocket.
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.*;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.*;

public final class Jdk implements WebSocket.Listener {
  private final StringBuilder text = new StringBuilder(); // what has come of a message
  private final ByteArrayOutputStream binary = new ByteArrayOutputStream();
  private final CountDownLatch ended = new CountDownLatch(1);

  @Override public void onOpen(WebSocket socket) {
    Told.say("open " + socket.getSubprotocol());
    socket.request(Long.MAX_VALUE);
  }

  @Override public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
    text.append(part);
    if (last) {
      closeAfter(Told.heard(text.toString()), socket);
      text.setLength(0);
    }
    return null;
  }

  @Override public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
    while (part.hasRemaining()) binary.write(part.get());
    if (last) {
      closeAfter(Told.heard(binary.toByteArray()), socket);
      binary.reset();
    }
    return null;
  }

  @Override public CompletionStage<?> onPong(WebSocket socket, ByteBuffer payload) {
    closeAfter(Told.heardPong(payload), socket);
    return null;
  }

  @Override public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
    Told.say("closed " + code + " - " + reason);
    ended.countDown();
    return null;
  }

  @Override public void onError(WebSocket socket, Throwable error) {
    Told.say("failed " + error);
    ended.countDown();
  }

  private static void closeAfter(boolean last, WebSocket socket) {
    if (last) socket.sendClose(Told.closeCode, Told.closeReason);
  }

  private static void send(WebSocket socket, Path file) throws Exception {
    if (Told.isText(file)) {
      for (var i = Told.texts(file).iterator(); i.hasNext();) socket.sendText(i.next(), !i.hasNext()).join();
    } else {
      for (var i = Told.binaries(file).iterator(); i.hasNext();) socket.sendBinary(i.next(), !i.hasNext()).join();
    }
  }

  public static void main(String[] args) throws Exception {
    var builder = HttpClient.newBuilder().sslContext(Told.tls()).build().newWebSocketBuilder();
    Told.headers.forEach(builder::header);
    String[] protocols = Told.protocols.toArray(String[]::new);
    if (protocols.length > 0) builder.subprotocols(protocols[0], Arrays.copyOfRange(protocols, 1, protocols.length));
    var listener = new Jdk();
    WebSocket socket;
    try {
      socket = builder.buildAsync(URI.create(args[0]), listener).join();
    } catch (CompletionException error) {
      Told.say("failed " + error.getCause());
      return;
    }
    try {
      if (Told.ping != null) socket.sendPing(Told.ping).join();
      for (Path file : Told.files) send(socket, file);
    } catch (CompletionException error) {
      Told.say("failed " + error.getCause());
    }
    listener.ended.await();
  }
}
