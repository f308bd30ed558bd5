/* libsoup 3. */
#include <libsoup/soup.h>

#include "records_c.h"

static GMainLoop *loop;
static int left;

static void on_message(SoupWebsocketConnection *socket, gint type, GBytes *message, gpointer unused) {
  (void)unused;
  heard(type == SOUP_WEBSOCKET_DATA_TEXT, g_bytes_get_data(message, NULL), g_bytes_get_size(message));
  if (--left != 0) return;
  int code = number("WS_CLOSE_CODE", SOUP_WEBSOCKET_CLOSE_NO_STATUS);
  soup_websocket_connection_close(socket, (gushort)code, getenv("WS_CLOSE_REASON"));
}

static void on_error(SoupWebsocketConnection *socket, GError *error, gpointer unused) {
  (void)socket, (void)unused;
  printf("failed %s\n", error->message);
}

static void on_closed(SoupWebsocketConnection *socket, gpointer unused) {
  (void)unused;
  const char *reason = soup_websocket_connection_get_close_data(socket);
  printf("closed %u - %s\n", soup_websocket_connection_get_close_code(socket), reason ? reason : "");
  g_main_loop_quit(loop);
}

static void on_open(GObject *session, GAsyncResult *result, gpointer unused) {
  (void)unused;
  GError *error = NULL;
  SoupWebsocketConnection *socket;
  socket = soup_session_websocket_connect_finish(SOUP_SESSION(session), result, &error);
  if (error) {
    printf("failed %s\n", error->message);
    g_main_loop_quit(loop);
    return;
  }
  const char *protocol = soup_websocket_connection_get_protocol(socket);
  printf("open %s\n", protocol ? protocol : "");
  fflush(stdout);
  soup_websocket_connection_set_max_incoming_payload_size(socket, 0); /* no limit */
  g_signal_connect(socket, "message", G_CALLBACK(on_message), NULL);
  g_signal_connect(socket, "error", G_CALLBACK(on_error), NULL);
  g_signal_connect(socket, "closed", G_CALLBACK(on_closed), NULL);
  size_t size;
  int text;
  for (char *data; (data = next_message(0, &size, &text)) != NULL;) {
    GBytes *message = g_bytes_new_take(data, size);
    soup_websocket_connection_send_message(socket, text ? SOUP_WEBSOCKET_DATA_TEXT : SOUP_WEBSOCKET_DATA_BINARY,
                                           message);
    g_bytes_unref(message);
  }
}

int main(int argc, char **argv) {
  (void)argc;
  loop = g_main_loop_new(NULL, FALSE);
  left = to_come();
  SoupSession *session = soup_session_new();
  if (getenv("WS_CA")) {
    soup_session_set_tls_database(session, g_tls_file_database_new(getenv("WS_CA"), NULL));
  }
  if (getenv("WS_COMPRESS")) soup_session_add_feature_by_type(session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  SoupMessage *request = soup_message_new("GET", argv[1]);
  gchar **lines = g_strsplit(getenv("WS_HEADERS") ? getenv("WS_HEADERS") : "", "\n", 0);
  for (gchar **line = lines; *line && **line; line++) {
    gchar **header = g_strsplit(*line, ": ", 2);
    soup_message_headers_append(soup_message_get_request_headers(request), header[0], header[1]);
  }
  gchar **protocols = getenv("WS_PROTOCOLS") ? g_strsplit(getenv("WS_PROTOCOLS"), ",", 0) : NULL;
  soup_session_websocket_connect_async(session, request, getenv("WS_ORIGIN"), protocols, G_PRIORITY_DEFAULT, NULL,
                                       on_open, NULL);
  g_main_loop_run(loop);
}
