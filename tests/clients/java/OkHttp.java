// OkHttp 3.
import java.io.IOException;
import java.nio.file.*;
import javax.net.ssl.X509TrustManager;
import okhttp3.*;
import okio.ByteString;

public final class OkHttp extends WebSocketListener {
  @Override public void onOpen(WebSocket socket, Response response) {
    Told.say("open " + response.header("Sec-WebSocket-Protocol", ""));
    try {
      for (Path file : Told.files) {
        if (Told.isText(file)) socket.send(Files.readString(file));
        else socket.send(ByteString.of(Files.readAllBytes(file)));
      }
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  @Override public void onMessage(WebSocket socket, String text) {
    if (Told.heard(text)) socket.close(Told.closeCode, Told.closeReason);
  }

  @Override public void onMessage(WebSocket socket, ByteString bytes) {
    if (Told.heard(bytes.toByteArray())) socket.close(Told.closeCode, Told.closeReason);
  }

  @Override public void onClosing(WebSocket socket, int code, String reason) {
    socket.close(1000, null);
  }

  @Override public void onClosed(WebSocket socket, int code, String reason) {
    Told.say("closed " + code + " - " + reason);
  }

  @Override public void onFailure(WebSocket socket, Throwable error, Response response) {
    Told.say("failed " + error);
  }

  public static void main(String[] args) throws Exception {
    var builder = new OkHttpClient.Builder();
    var authorities = Told.authorities();
    if (authorities != null) builder.sslSocketFactory(Told.tls().getSocketFactory(), (X509TrustManager) authorities[0]);
    var client = builder.build();
    var request = new Request.Builder().url(args[0]);
    Told.headers.forEach(request::header);
    if (!Told.protocols.isEmpty()) request.header("Sec-WebSocket-Protocol", String.join(", ", Told.protocols));
    client.newWebSocket(request.build(), new OkHttp());
    client.dispatcher().executorService().shutdown(); // so that its threads end when there is no more to do
  }
}
