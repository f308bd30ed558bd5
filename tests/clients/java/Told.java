// What the programs of this folder share: what they are told, and how they say what happens.
import java.io.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.*;
import java.util.*;
import javax.net.ssl.*;

final class Told {
  static final List<Path> files = split(System.getenv("WS_SEND"), " ").stream().map(Path::of).toList();
  static final List<String> protocols = split(System.getenv("WS_PROTOCOLS"), ",");
  static final Map<String, String> headers = new LinkedHashMap<>(); // Origin is one of them
  static final String compress = System.getenv("WS_COMPRESS");
  static final int closeCode = number("WS_CLOSE_CODE", 0); // 0: with none
  static final String closeReason = System.getenv().getOrDefault("WS_CLOSE_REASON", "");
  static final int fragment = number("WS_FRAGMENT", 0);
  static final ByteBuffer ping = System.getenv("WS_PING") == null ? null
      : ByteBuffer.wrap(System.getenv("WS_PING").getBytes());
  private static int toCome = number("WS_RECEIVE", -1) + (ping == null ? 0 : 1); // negative: no end of it

  static {
    for (String line : split(System.getenv("WS_HEADERS"), "\n")) headers.put(line.split(": ")[0], line.split(": ")[1]);
    if (System.getenv("WS_ORIGIN") != null) headers.put("Origin", System.getenv("WS_ORIGIN"));
  }

  static boolean isText(Path file) {
    return file.toString().endsWith(".txt");
  }

  /** A text message, in parts of at most WS_FRAGMENT bytes if that is wanted. */
  static List<String> texts(Path file) throws IOException {
    String text = Files.readString(file);
    if (fragment == 0 || text.isEmpty()) return List.of(text);
    List<String> parts = new ArrayList<>();
    for (int at = 0, end; at < text.length(); at = end) {
      end = Math.min(at + fragment / 3, text.length()); // a char is at most three bytes of UTF-8
      if (end < text.length() && Character.isLowSurrogate(text.charAt(end))) end -= 1;
      parts.add(text.substring(at, end));
    }
    return parts;
  }

  /** The same of a binary one. */
  static List<ByteBuffer> binaries(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (fragment == 0 || bytes.length == 0) return List.of(ByteBuffer.wrap(bytes));
    List<ByteBuffer> parts = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += fragment) {
      parts.add(ByteBuffer.wrap(bytes, at, Math.min(fragment, bytes.length - at)));
    }
    return parts;
  }

  /** Says so, and whether it was the last that it shall receive. */
  static boolean heard(byte[] binary) {
    say("binary " + binary.length, binary);
    return --toCome == 0;
  }

  static boolean heard(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    say("text " + utf8.length, utf8);
    return --toCome == 0;
  }

  static boolean heardPong(ByteBuffer payload) {
    say("pong " + StandardCharsets.UTF_8.decode(payload));
    return --toCome == 0;
  }

  static synchronized void say(String line, byte... data) {
    System.out.writeBytes((line + "\n").getBytes(StandardCharsets.UTF_8));
    System.out.writeBytes(data);
    System.out.flush();
  }

  /** What WS_CA names, or the system's; null: the system's. */
  static TrustManager[] authorities() throws Exception {
    if (System.getenv("WS_CA") == null) return null;
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream file = new FileInputStream(System.getenv("WS_CA"))) {
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
        store.setCertificateEntry("authority " + store.size(), one);
      }
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  static SSLContext tls() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, authorities(), null);
    return context;
  }

  private static int number(String name, int otherwise) {
    String text = System.getenv(name);
    return text == null ? otherwise : Integer.parseInt(text);
  }

  private static List<String> split(String text, String between) {
    return text == null || text.isEmpty() ? List.of() : List.of(text.split(between));
  }
}
