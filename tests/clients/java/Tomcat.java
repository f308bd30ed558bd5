// Tomcat's client, by the API of Jakarta WebSocket.
import jakarta.websocket.*;
import jakarta.websocket.CloseReason.CloseCodes;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.*;
import java.util.concurrent.CountDownLatch;

public final class Tomcat extends Endpoint {
  private record Parameter(String getName, String getValue) implements Extension.Parameter {}
  private record Deflate(String getName, List<Extension.Parameter> getParameters) implements Extension {}

  private static final Map<String, List<Extension.Parameter>> MODES = Map.of("on", List.of(),
      "no-context", List.of(new Parameter("server_no_context_takeover", null),
          new Parameter("client_no_context_takeover", null)),
      "small-windows", List.of(new Parameter("server_max_window_bits", "9")));
  private static final int LONGEST = 16 << 20;
  private final CountDownLatch ended = new CountDownLatch(1);

  @Override public void onOpen(Session session, EndpointConfig config) {
    Told.say("open " + session.getNegotiatedSubprotocol());
    session.addMessageHandler(String.class, text -> closeAfter(Told.heard(text), session));
    session.addMessageHandler(byte[].class, bytes -> closeAfter(Told.heard(bytes), session));
    session.addMessageHandler(PongMessage.class,
        pong -> closeAfter(Told.heardPong(pong.getApplicationData()), session));
  }

  @Override public void onClose(Session session, CloseReason why) {
    Told.say("closed " + why.getCloseCode().getCode() + " - " + why.getReasonPhrase());
    ended.countDown();
  }

  @Override public void onError(Session session, Throwable error) {
    Told.say("failed " + error);
  }

  private static void closeAfter(boolean last, Session session) {
    try {
      if (last) session.close(new CloseReason(CloseCodes.getCloseCode(Told.closeCode), Told.closeReason));
    } catch (IOException error) {
      Told.say("failed " + error);
    }
  }

  private static void send(RemoteEndpoint.Basic remote, Path file) throws IOException {
    if (Told.isText(file)) {
      for (var i = Told.texts(file).iterator(); i.hasNext();) remote.sendText(i.next(), !i.hasNext());
    } else {
      for (var i = Told.binaries(file).iterator(); i.hasNext();) remote.sendBinary(i.next(), !i.hasNext());
    }
  }

  public static void main(String[] args) throws Exception {
    var container = ContainerProvider.getWebSocketContainer();
    container.setDefaultMaxTextMessageBufferSize(LONGEST);
    container.setDefaultMaxBinaryMessageBufferSize(LONGEST);
    var builder = ClientEndpointConfig.Builder.create().preferredSubprotocols(Told.protocols).sslContext(Told.tls());
    builder.configurator(new ClientEndpointConfig.Configurator() {
      @Override public void beforeRequest(Map<String, List<String>> headers) {
        Told.headers.forEach((name, value) -> headers.put(name, List.of(value)));
      }
    });
    if (Told.compress != null) builder.extensions(List.of(new Deflate("permessage-deflate", MODES.get(Told.compress))));
    var endpoint = new Tomcat();
    try {
      var session = container.connectToServer(endpoint, builder.build(), URI.create(args[0]));
      if (Told.ping != null) session.getBasicRemote().sendPing(Told.ping);
      for (Path file : Told.files) send(session.getBasicRemote(), file);
    } catch (DeploymentException | IOException | IllegalStateException error) { // of the handshake, or of a send
      Told.say("failed " + error);
      if (error instanceof DeploymentException) return;
    }
    endpoint.ended.await();
  }
}
